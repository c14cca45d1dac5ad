"""What changed in the files is told and stored, and who is left alone by a sync."""

from datetime import time
from textwrap import dedent

from sqlalchemy import select
from synced import AMIRA, LATER, NOW, Desk, lines

from digest.models import (
    AuditEntry,
    Destination,
    Follow,
    Interest,
    List,
    ListMember,
    Schedule,
    Subscriber,
    Suppression,
)
from digest.models.words import SubscriberState
from digest.store import readers


def test_what_changed_is_told_and_stored(desk: Desk):
    desk.sync(AMIRA)

    plan = desk.sync(
        """
        subscribers:
          - key: amira
            name: Amira H.
            follows: [{interest: Yemen, weight: must}, Egypt]
            schedule: {at: "06:30", zone: Europe/London}
            destinations: [{email: amira@example.org, kinds: digest}, {telegram: 100001}]
        """,
        now=LATER,
    )

    assert lines(plan) == [
        "~ subscriber amira: name Amira Haddad -> Amira H.",
        "~ subscriber amira: schedule at 07:00 -> 06:30",
        "~ subscriber amira: follow Yemen weight nothing -> must",
        "+ subscriber amira: follow Egypt",
        "~ subscriber amira: email amira@example.org kinds digest, alert -> digest",
        "+ subscriber amira: telegram 100001",
    ]
    assert desk.account("amira").follows[0].weight == 0.9
    assert plan.summary == "0 lists and 1 subscriber: 2 added, 4 changed, 0 removed"
    assert plan.as_data()["changes"][0] == {
        "sign": "~",
        "subject": "subscriber amira",
        "what": "name",
        "was": "Amira Haddad",
        "now": "Amira H.",
    }
    assert not desk.sync()


def test_a_follow_that_left_the_files_is_removed(desk: Desk):
    desk.sync(AMIRA.replace("[Yemen]", "[Yemen, Egypt, {story: Red Sea}]"))

    plan = desk.sync(AMIRA.replace("[Yemen]", "Egypt"))

    assert lines(plan) == [
        "- subscriber amira: follow Yemen",
        "- subscriber amira: follow the story Red Sea",
    ]
    assert [follow.slug for follow in desk.account("amira").follows] == ["egypt"]


def test_another_order_of_follows_or_lists_is_told_and_kept(desk: Desk):
    text = """
        lists:
          - {key: one, name: One, schedule: {at: "07:00"}}
          - {key: two, name: Two, schedule: {at: "08:00"}}
        subscribers:
          - {key: a, lists: "one, two", follows: "Egypt, Yemen", destinations: a@example.org}
    """
    desk.sync(text)

    plan = desk.sync(text.replace("one, two", "two, one").replace("Egypt, Yemen", "Yemen, Egypt"))

    assert lines(plan) == [
        "~ subscriber a: order of lists one, two -> two, one",
        "~ subscriber a: order of follows Egypt, Yemen -> Yemen, Egypt",
    ]
    assert desk.account("a").schedule.at == time(8), "the first list's"
    assert desk.account("a").list_name == "", "neither list's name is that of their digest"


def test_a_schedule_that_left_the_files_is_removed(desk: Desk):
    desk.sync(AMIRA)

    plan = desk.sync(AMIRA.replace('schedule: {at: "07:00", zone: Europe/London}', ""))

    assert lines(plan) == ["- subscriber amira: schedule (at 07:00, zone Europe/London)"]
    assert desk.count(Schedule) == 0


def test_a_destination_that_left_the_files_is_disabled_and_comes_back_with_them(desk: Desk):
    both = AMIRA.replace("{email: amira@example.org}", "[amira@example.org, {slack: '#gulf-desk'}]")
    desk.sync(both)

    gone = desk.sync(AMIRA)
    destination = desk.one(Destination, channel="slack")
    back = desk.sync(both)

    assert lines(gone) == ["- subscriber amira: slack #gulf-desk (disabled)"]
    assert (destination.disabled_at, destination.disabled_reason) == (NOW, "not_in_files")
    assert lines(back) == ["+ subscriber amira: slack #gulf-desk (in the files again)"]
    assert desk.one(Destination, channel="slack").disabled_at is None


def test_a_new_hour_times_the_next_digest_anew(desk: Desk):
    text = """
        lists: [{key: gulf, name: Gulf, schedule: {at: "06:30"}}]
        subscribers:
          - {key: own, schedule: {at: "07:00"}, destinations: a@example.org}
          - {key: through-list, lists: gulf, destinations: b@example.org}
          - {key: untouched, schedule: {at: "08:00"}, destinations: c@example.org}
    """
    desk.sync(text)
    for key in ("own", "through-list", "untouched"):
        desk.change(Subscriber, {"key": key}, next_due_at=LATER)

    desk.sync(text.replace("06:30", "05:30").replace("07:00", "06:00"))

    assert desk.one(Subscriber, key="own").next_due_at is None
    assert desk.one(Subscriber, key="through-list").next_due_at is None
    assert desk.one(Subscriber, key="untouched").next_due_at == LATER


def test_each_change_leaves_a_trace(desk: Desk):
    desk.sync(AMIRA)
    desk.sync()

    entry = desk.one(AuditEntry)
    assert (entry.actor, entry.subject, entry.at) == ("sync", "subscriber amira", NOW)
    assert "+ subscriber amira: follow Yemen" in entry.detail["changes"]


def test_who_has_unsubscribed_stays_away(desk: Desk):
    desk.sync(AMIRA)
    desk.change(Subscriber, {"key": "amira"}, state=SubscriberState.LEFT, left_at=NOW)
    before = desk.rows()

    plan = desk.sync(AMIRA.replace("[Yemen]", "[Egypt]"), now=LATER)

    assert lines(plan) == ["! subscriber amira: unsubscribed on 2026-03-05; left as it is"]
    assert desk.rows() == before


def test_who_has_unsubscribed_stays_away_under_another_key_too(desk: Desk):
    desk.sync(AMIRA)
    desk.change(Subscriber, {"key": "amira"}, state=SubscriberState.LEFT, left_at=NOW)

    plan = desk.sync(AMIRA.replace("key: amira", "key: amira-h"), now=LATER)

    assert (
        "! subscriber amira-h: email amira@example.org stays disabled: unsubscribed, as amira"
        in lines(plan)
    )
    with desk.app.db.read() as session:
        own = session.scalars(select(Subscriber.id).filter_by(key="amira-h")).one()
        assert readers.destinations(session, [own]) == {}


def test_a_paused_subscriber_stays_paused(desk: Desk):
    desk.sync(AMIRA)
    desk.change(Subscriber, {"key": "amira"}, state=SubscriberState.PAUSED, paused_until=LATER)

    assert not desk.sync()
    assert desk.one(Subscriber).state == SubscriberState.PAUSED


def test_who_left_a_list_is_not_put_back(desk: Desk):
    text = """
        lists: [{key: gulf, name: Gulf, follows: Yemen, schedule: {at: "06:30"}}]
        subscribers: [{key: a, lists: gulf, destinations: a@example.org}]
    """
    desk.sync(text)
    desk.change(ListMember, {}, left_at=NOW)

    plan = desk.sync(now=LATER)

    assert lines(plan) == ["! subscriber a: left the list gulf on 2026-03-05; stays off it"]
    assert desk.account("a").follows == ()


def test_a_destination_that_a_provider_refused_stays_disabled(desk: Desk):
    desk.sync(AMIRA)
    desk.change(Destination, {}, disabled_at=NOW, disabled_reason="mailbox_unknown")

    plan = desk.sync(now=LATER)

    assert lines(plan) == [
        "! subscriber amira: email amira@example.org is disabled (mailbox_unknown); left as it is"
    ]
    assert desk.one(Destination).disabled_at == NOW


def test_a_suppressed_address_is_pointed_out(desk: Desk):
    with desk.app.db.begin() as session:
        session.add(
            Suppression(channel="email", address="amira@example.org", reason="complaint", at=NOW)
        )

    plan = desk.sync(AMIRA)

    assert "! subscriber amira: nothing is sent to email amira@example.org: complaint" in lines(
        plan
    )


def test_what_a_reader_changed_is_left_as_it_is(desk: Desk):
    desk.sync(AMIRA)
    desk.change(Follow, {}, weight=0.2, from_files=False)
    desk.change(Schedule, {}, at=time(9), from_files=False)
    desk.change(Subscriber, {}, locale="ar", from_files=False)
    desk.change(Destination, {}, kinds=["alert"], from_files=False)

    plan = desk.sync()

    assert lines(plan) == [
        "! subscriber amira: name, kind or language were changed elsewhere; left as they are",
        "! subscriber amira: the schedule was changed by its reader; left as it is",
        "! subscriber amira: the follow Yemen was changed by its reader; left as it is",
        "! subscriber amira: email amira@example.org was changed by its reader; left as it is",
    ]
    assert desk.account("amira").follows[0].weight == 0.2
    assert desk.account("amira").schedule.at == time(9)


def test_what_a_reader_added_is_left_alone(desk: Desk):
    desk.sync(AMIRA)
    with desk.app.db.begin() as session:
        own = session.scalars(select(Subscriber.id)).one()
        egypt = session.scalars(select(Interest.id).filter_by(slug="egypt")).one()
        group = List(key="web", name="Kept on the page")
        session.add_all(
            [
                group,
                Follow(subscriber_id=own, interest_id=egypt),
                Destination(subscriber_id=own, channel="telegram", address="1"),
            ]
        )
        session.flush()
        session.add(ListMember(list_id=group.id, subscriber_id=own))

    assert lines(desk.sync()) == []
    assert {follow.slug for follow in desk.account("amira").follows} == {"yemen", "egypt"}
    assert desk.account("amira").list_name == "Kept on the page"


def test_who_is_gone_from_the_files_is_kept_and_named(desk: Desk):
    desk.sync("lists: [{key: gulf, name: Gulf}]\n" + dedent(AMIRA))
    before = desk.rows()

    plan = desk.sync("subscribers: []")

    assert lines(plan) == [
        "! list gulf: no longer in the files; kept, use `digest subscribers remove-list gulf`",
        "! subscriber amira: no longer in the files; kept, use `digest subscribers remove amira`",
    ]
    assert desk.rows() == before


def test_an_address_that_two_subscribers_share_is_pointed_out_once(desk: Desk):
    text = """
        subscribers:
          - {key: a, destinations: {slack: "#desk"}}
          - {key: b, destinations: {slack: "#desk"}}
    """

    assert "! subscriber b: slack #desk receives for a too" in lines(desk.sync(text))
    assert lines(desk.sync(text)) == []
