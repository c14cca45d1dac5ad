"""Lists and subscribers from files: what a sync stores, tells, refuses and leaves alone."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from sqlalchemy import event, func, select

from digest.errors import InputError, InputErrors
from digest.formats import Entry
from digest.models import (
    AuditEntry,
    Base,
    Destination,
    Follow,
    Interest,
    List,
    ListMember,
    Schedule,
    Story,
    Subscriber,
    Suppression,
)
from digest.models.record import EventRecord
from digest.models.words import SubscriberState
from digest.render.environment import built_in_folder
from digest.services.app import App
from digest.services.news.ingest import ingest
from digest.services.subscribers.plan import Plan
from digest.services.subscribers.sync import sync
from digest.store import readers

NOW = datetime(2026, 3, 5, 9, tzinfo=UTC)
LATER = NOW + timedelta(days=1)

AMIRA = """
    subscribers:
      - key: amira
        name: Amira Haddad
        follows: [Yemen]
        schedule: {at: "07:00", zone: Europe/London}
        destinations: {email: amira@example.org}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "subscribers"
    made.mkdir()
    return made


class Desk:
    """An admin with a folder of files."""

    def __init__(self, app: App, folder: Path) -> None:
        self.app = app
        self.folder = folder

    def sync(self, text: str | None = None, *, now: datetime = NOW, **options: Any) -> Plan:
        if text is not None:
            self.write(text)
        return sync(self.app, self.folder, now, **options)

    def write(self, text: str, name: str = "team.yaml") -> None:
        (self.folder / name).write_text(dedent(text), encoding="utf-8")

    def refused(self, text: str) -> str:
        """What is said of files that are not taken."""
        with pytest.raises(InputErrors) as caught:
            self.sync(text)
        return str(caught.value).replace(str(self.folder), "subscribers")

    def one(self, table: type[Any], **values: Any) -> Any:
        with self.app.db.read() as session:
            row = session.scalars(select(table).filter_by(**values)).one()
            session.expunge_all()
            return row

    def count(self, table: type[Any], **values: Any) -> int:
        with self.app.db.read() as session:
            return session.scalar(select(func.count()).select_from(table).filter_by(**values)) or 0

    def change(self, table: type[Any], where: dict[str, Any], **values: Any) -> None:
        with self.app.db.begin() as session:
            row = session.scalars(select(table).filter_by(**where)).one()
            for name, value in values.items():
                setattr(row, name, value)

    def account(self, key: str) -> readers.Account:
        with self.app.db.read() as session:
            own = session.scalars(select(Subscriber.id).filter_by(key=key))
            (found,) = readers.accounts(session, own, NOW)
            session.expunge_all()
            return found

    def rows(self) -> dict[str, list[Any]]:
        """All rows of all tables, to compare."""
        with self.app.db.read() as session:
            return {
                table.name: sorted(map(str, session.execute(select(table))))
                for table in Base.metadata.sorted_tables
            }


@pytest.fixture
def desk(app: App, folder: Path) -> Desk:
    return Desk(app, folder)


def lines(plan: Plan) -> list[str]:
    return [str(line) for line in (*plan.changes, *plan.notes)]


# --- what is stored -----------------------------------------------------------------------------


def test_the_sample_files_are_stored_and_a_second_sync_changes_nothing(app_on_both: App):
    folder = built_in_folder("subscribers")

    first = sync(app_on_both, folder, NOW)
    second = sync(app_on_both, folder, LATER)

    assert first.counts["+"] > 60
    assert not second
    assert str(second) == "4 lists and 9 subscribers, no change"


def test_a_subscriber_is_stored_with_all_that_belongs_to_them(desk: Desk):
    plan = desk.sync(AMIRA)

    assert lines(plan) == [
        "+ subscriber amira (Amira Haddad)",
        "+ subscriber amira: schedule (at 07:00, zone Europe/London)",
        "+ subscriber amira: follow Yemen",
        "+ subscriber amira: email amira@example.org",
    ]
    account = desk.account("amira")
    assert [follow.label for follow in account.follows] == ["Yemen"]
    assert (account.schedule.at, account.schedule.zone) == (time(7), "Europe/London")
    destination = desk.one(Destination)
    assert (destination.channel, destination.address) == ("email", "amira@example.org")
    assert destination.verified_at == NOW


def test_a_dry_run_tells_the_same_and_stores_nothing(desk: Desk):
    before = desk.rows()

    told = desk.sync(AMIRA, dry_run=True)

    assert desk.rows() == before
    assert lines(told) == lines(desk.sync())


def test_details_of_a_follow_reach_the_desk(desk: Desk):
    desk.sync("""
        subscribers:
          - key: a
            schedule: {zone: Africa/Nairobi}
            follows:
              - {interest: Yemen, weight: must, role: primary, from_severity: 2, alerts_from: never,
                 alerts_at_night_from: 5, updates: escalation, breaking_only: true, muted: true,
                 snoozed_until: 2026-04-01}
            destinations: {email: a@example.org}
    """)

    (follow,) = desk.account("a").follows

    assert (follow.weight, follow.role, follow.from_severity) == (0.9, "primary", 2)
    assert (follow.alerts_from, follow.alerts_at_night_from) == (6, 5)
    assert (follow.updates, follow.breaking_only, follow.muted) == ("escalation", True, True)
    assert follow.snoozed_until == datetime(2026, 3, 31, 21, tzinfo=UTC)  # midnight in Nairobi


def test_a_subscriber_writes_only_what_differs_from_the_schedule_of_the_first_list(desk: Desk):
    desk.sync("""
        lists:
          - key: none
            name: Without a schedule
          - key: gulf
            name: Gulf
            schedule: {at: "06:30", zone: Asia/Dubai, quiet_hours: "22:00-07:00", caps: {day: 9}}
        subscribers:
          - key: a
            lists: [none, gulf]
            schedule: {zone: Asia/Tokyo, caps: {hour: 2}}
            destinations: {email: a@example.org}
          - key: b
            lists: [gulf]
            destinations: {email: b@example.org}
    """)

    own = desk.account("a").schedule
    assert (own.at, own.zone, own.quiet_from) == (time(6, 30), "Asia/Tokyo", time(22))
    assert (own.alerts_per_hour, own.alerts_per_day) == (2, 9)
    assert desk.account("b").schedule.list_id is not None


def test_quiet_hours_can_be_switched_off_against_the_list(desk: Desk):
    desk.sync("""
        lists: [{key: gulf, name: Gulf, schedule: {quiet_hours: "22:00-07:00"}}]
        subscribers:
          - {key: a, lists: gulf, schedule: {quiet_hours: none}, destinations: a@example.org}
    """)

    assert desk.account("a").schedule.quiet_from is None


def test_a_change_of_the_list_reaches_those_who_differ_in_something_else(desk: Desk):
    text = """
        lists: [{key: gulf, name: Gulf, schedule: {at: "06:30", zone: Asia/Dubai}}]
        subscribers:
          - {key: a, lists: gulf, schedule: {zone: Asia/Tokyo}, destinations: a@example.org}
    """
    desk.sync(text)

    plan = desk.sync(text.replace("06:30", "05:15"))

    assert lines(plan) == [
        "~ list gulf: schedule at 06:30 -> 05:15",
        "~ subscriber a: schedule at 06:30 -> 05:15",
    ]
    assert desk.account("a").schedule.at == time(5, 15)


def test_who_writes_no_schedule_lives_in_the_services_own_zone(app: App, folder: Path):
    app.settings = app.settings.model_copy(update={"default_zone": "Asia/Dubai"})
    desk = Desk(app, folder)
    desk.sync("subscribers: [{key: a, follows: [Iran], destinations: a@example.org}]")
    assert desk.account("a").schedule.zone == "Asia/Dubai"

    desk.sync("""\
        lists: [{key: gulf, name: Gulf, schedule: {at: '06:00', zone: Asia/Tokyo}}]
        subscribers: [{key: a, lists: [gulf], follows: [Iran], destinations: a@example.org}]
        """)
    assert desk.account("a").schedule.zone == "Asia/Tokyo", "that of their list again"


def test_the_services_own_zone_and_language_fill_in(app: App, folder: Path):
    app.settings = app.settings.model_copy(
        update={"default_zone": "Asia/Dubai", "default_locale": "ar"}
    )
    desk = Desk(app, folder)

    desk.sync("subscribers: [{key: a, schedule: {at: '06:00'}, destinations: a@example.org}]")

    assert desk.account("a").schedule.zone == "Asia/Dubai"
    assert desk.account("a").subscriber.locale == "ar"


def test_a_language_without_a_translation_is_pointed_out_once(desk: Desk):
    people = ", ".join(
        f"{{key: {key}, locale: {locale}, destinations: {key}@example.org}}"
        for key, locale in (("a", "xx"), ("b", "ar-EG"), ("c", "xx"))
    )
    plan = desk.sync(f"subscribers: [{people}]")

    assert plan.doubtful == [
        "there is no translation for the locale xx, so its readers get English; there are en, ar"
    ]
    assert desk.account("a").subscriber.locale == "xx"


@pytest.mark.parametrize(
    ("entry", "key"),
    [
        ("{name: Amira Haddad, destinations: a@example.org}", "amira-haddad"),
        ("{destinations: amira.haddad@example.org}", "amira-haddad"),
        ("{destinations: {slack: '#gulf-desk'}}", "gulf-desk"),
        ("{name: أميرة, destinations: amira@example.org}", "amira"),
    ],
)
def test_a_missing_key_is_made_of_the_name_or_the_address(desk: Desk, entry: str, key: str):
    desk.sync(f"subscribers: [{entry}]")

    assert desk.one(Subscriber).key == key


def test_addresses_are_stored_in_the_form_of_their_channel(desk: Desk):
    desk.sync("""
        subscribers:
          - key: a
            destinations:
              - email: Amira@EXAMPLE.org
              - slack: "#Gulf-Desk"
              - telegram: https://t.me/GulfNews
    """)

    with desk.app.db.read() as session:
        stored = set(session.scalars(select(Destination.address)))
    assert stored == {"Amira@example.org", "#gulf-desk", "@gulfnews"}


# --- stories ------------------------------------------------------------------------------------


def test_a_story_may_be_followed_before_its_first_event(desk: Desk):
    plan = desk.sync(
        "subscribers: [{key: a, follows: [{story: Iran Conflict 2026}], destinations: a@b.example}]"
    )

    story = desk.one(Story)
    assert (story.slug, story.title) == ("iran-conflict-2026", "Iran Conflict 2026")
    assert "+ story iran-conflict-2026 (no event of it yet)" in lines(plan)
    assert desk.account("a").follows[0].is_story


@pytest.mark.parametrize(
    ("followed", "title"),
    [
        ("red-sea-shipping", "Attacks on Red Sea shipping"),  # the first that an Event states
        ("Red-Sea-Shipping", "Red-Sea-Shipping"),  # an admin's own words stay
    ],
)
def test_a_story_followed_by_its_slug_takes_the_first_title_that_is_stated(
    desk: Desk, followed: str, title: str
):
    desk.sync(
        f"subscribers: [{{key: a, follows: [{{story: {followed}}}], destinations: a@b.example}}]"
    )
    for number, stated in enumerate(("Attacks on Red Sea shipping", "Another title")):
        story = {"slug": "red-sea-shipping", "title": stated}
        record = {"id": f"e{number}", "headline": "Tanker hit", "story": story}
        ingest(desk.app, [Entry("line 1", EventRecord.model_validate(record))], NOW)

    assert desk.one(Story).title == title


@pytest.mark.parametrize("name", ["red-sea-shipping", "Shipping in the Red Sea"])
@pytest.mark.parametrize("follow", ["{{story: {}}}", "{}"])
def test_a_stored_story_is_found_by_slug_and_by_title(desk: Desk, name: str, follow: str):
    with desk.app.db.begin() as session:
        session.add(Story(slug="red-sea-shipping", title="Shipping in the Red Sea", created_at=NOW))

    desk.sync(
        f"subscribers: [{{key: a, follows: [{follow.format(name)}], destinations: a@b.example}}]"
    )

    assert desk.count(Story) == 1
    assert desk.account("a").follows[0].slug == "red-sea-shipping"


def test_a_new_story_that_resembles_a_stored_one_is_pointed_out(desk: Desk):
    with desk.app.db.begin() as session:
        session.add(Story(slug="red-sea-shipping", title="Shipping in the Red Sea", created_at=NOW))

    plan = desk.sync(
        "subscribers: [{key: a, follows: [{story: red-sea-shiping}], destinations: a@b.example}]"
    )

    assert (
        "! story red-sea-shiping: there is a story red-sea-shipping: did you mean that?"
        in lines(plan)
    )


# --- what changes -------------------------------------------------------------------------------


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


# --- who is left alone --------------------------------------------------------------------------


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


# --- what is refused ----------------------------------------------------------------------------


def test_an_unknown_interest_is_refused_with_file_line_and_the_nearest(desk: Desk):
    told = desk.refused("""
        subscribers:
          - key: a
            destinations: a@example.org
            follows:
              - Yemen
              - Irann
    """)

    assert told.startswith(
        "subscribers/team.yaml, line 7: subscribers[0].follows[1]:"
        " there is no interest called 'Irann'. Did you mean Iran, "
    )


def test_one_fault_refuses_all_files_and_all_faults_are_told(desk: Desk):
    before = desk.rows()
    desk.write("subscribers: [{key: good, follows: Yemen, destinations: g@example.org}]", "a.yaml")

    told = desk.refused("""
        lists:
          - {key: gulf, name: Gulf, follows: [Yemen, yemen]}
        subscribers:
          - {key: good, destinations: g@example.org}
          - {key: b, lists: golf, destinations: b@example}
          - {key: c, destinations: [{emial: c@example.org}, {slack: "@amira"}]}
          - {key: d, destinations: d@example.org, follows: [{topic: Yemen}]}
    """)

    assert desk.rows() == before
    assert [line.removeprefix("subscribers/team.yaml, ") for line in told.splitlines()] == [
        "line 5: subscribers[0]: the key 'good' is there twice, at"
        " subscribers/a.yaml, line 1: subscribers[0]",
        "line 3: lists[0].follows[1]: Yemen is here twice",
        "line 6: subscribers[1].lists: there is no list 'golf'. Did you mean gulf?",
        "line 6: subscribers[1].destinations: 'b@example' is not an email address, such as"
        " maria@example.com: The part after the @-sign is not valid. It should have a period.",
        "line 7: subscribers[2].destinations[0]: there is no channel 'emial'. Did you mean email?",
        "line 7: subscribers[2].destinations[1]: '@amira' is a name, and Slack takes people by"
        " member ID only: open the profile, choose “Copy member ID” and write it as @U0123ABCD",
        "line 8: subscribers[3].follows[0]: Yemen is a region, not a topic",
    ]


def test_faults_of_form_in_several_files_are_told_together(desk: Desk):
    desk.write("lists: [{key: Gulf}]", "a.yaml")
    desk.write("subscribers: ]", "b.yaml")

    told = desk.refused("subscribers: [{key: a}]")

    assert [line.partition(":")[0] for line in told.splitlines()] == [
        "subscribers/a.yaml, line 1",
        "subscribers/b.yaml, line 1",
        "subscribers/team.yaml, line 1",
    ]


def test_a_webhook_is_as_good_as_a_password_and_is_not_shown(desk: Desk):
    plan = desk.sync("""
        subscribers:
          - {key: a, destinations: {slack: "https://hooks.slack.com/services/T0/B0/secret"}}
    """)

    assert "secret" not in str(plan)
    assert "secret" not in str(desk.rows()["audit"])
    assert "+ subscriber a: slack https://hooks.slack.com/…" in lines(plan)


def test_a_folder_without_files_is_refused(desk: Desk):
    with pytest.raises(InputError, match=r"there is no \.yaml file in this folder"):
        desk.sync()
    with pytest.raises(InputError, match="there is no such folder"):
        sync(desk.app, desk.folder / "nowhere", NOW)


def test_many_subscribers_take_few_queries(desk: Desk):
    people = "\n".join(
        f"  - {{key: p{n}, lists: gulf, follows: [Yemen, Egypt], destinations: p{n}@example.org}}"
        for n in range(60)
    )
    desk.write(f"lists: [{{key: gulf, name: Gulf}}]\nsubscribers:\n{people}\n")
    desk.sync()
    statements: list[str] = []

    event.listen(
        desk.app.db.engine,
        "before_cursor_execute",
        lambda *args: statements.append(args[2]),
    )
    plan = desk.sync()

    assert not plan
    assert len(statements) < 25
