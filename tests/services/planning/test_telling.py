"""Alerts from end to end: new, update, escalation, correction, retraction; held and released."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from newsroom import NOON, Newsroom, Sending, counting
from sqlalchemy import delete, update

from digest.errors import RetryLater
from digest.models import Delivery, Destination, Event, Follow, Revision, Subscriber
from digest.models.words import Code, EditionKind, Outcome, SubscriberState
from digest.models.words import DeliveryState as State
from digest.services.admin.explain import why
from digest.services.app import App
from digest.services.planning import alert as alerts
from digest.services.sending.deliver import expire

WRONG = {"wrong": "Both pipelines are shut.", "right": "One pipeline is shut."}
ZONES = ("UTC", "Asia/Kolkata", "Asia/Tehran", "Europe/London", "America/New_York")
NIGHT = {"quiet_from": time(22), "quiet_to": time(7)}


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


def codes(room: Newsroom) -> list[Code]:
    return [one.content.code for one in room.sent]


def to(room: Newsroom, code: Code) -> list[str]:
    return sorted(one.address for one in room.sent if one.content.code is code)


async def tell(room: Newsroom) -> None:
    room.alert()
    room.release()
    await room.drain()


# At once -----------------------------------------------------------------------------------


async def test_an_event_is_told_once_to_all_destinations_that_take_alerts(room: Newsroom) -> None:
    room.reader(destinations={"email": "m@x", "slack": "C1"})
    room.reader("tom", kinds=["digest"])
    room.reader("eve", follows=["chile"])
    room.news()
    assert room.alert() == {Outcome.EDITION: 1, Outcome.DIGEST: 1}
    assert room.alert() == {}
    await room.drain()
    assert to(room, Code.NEW) == ["C1", "m@x"]
    assert room.outcomes() == [("edition", "alert"), ("digest", "no_destination")]


def test_readers_alike_share_one_edition(room: Newsroom) -> None:
    for number in range(4):
        room.reader(f"r{number}", zone="Asia/Kolkata" if number == 3 else "UTC")
    room.news()
    room.alert()
    assert len(room.contents()) == 2
    assert len(room.rows(Delivery)) == 4


def test_many_readers_need_as_many_queries_as_few(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when nobody follows quite the same, and so nobody shares an Edition."""
    monkeypatch.setattr(alerts, "FIRST", alerts.BATCH)
    asked_for = []
    for country, count in (("iran", 2), ("chile", 60)):
        for number in range(count):
            room.reader(f"{country}{number}", follows=[country], zone=ZONES[number % len(ZONES)])
        room.news(country, interests=[{"name": country.capitalize(), "role": "primary"}])
        with counting(room.app.db.engine) as asked:
            assert room.alert() == {Outcome.EDITION: count}
        asked_for.append(len(asked))
    assert len(room.contents()) == 2 + len(ZONES)
    assert asked_for[0] >= asked_for[1]


def test_history_never_alerts_however_much_there_is(room: Newsroom) -> None:
    room.reader()
    old = NOON - timedelta(days=30)
    for number in range(20):
        room.news(f"old{number}", visible_at=None, reported_at=old, updated_at=old)
    room.news("fresh")
    with counting(room.app.db.engine) as asked:
        assert room.alert() == {Outcome.EDITION: 1}
    assert len(asked) < 60


def test_an_archive_that_states_since_when_it_is_visible_holds_nothing_up(room: Newsroom) -> None:
    room.reader()
    for number in range(20):
        room.news(f"old{number}", visible_at=NOON - timedelta(days=200))
    room.news("fresh")
    with counting(room.app.db.engine) as asked:
        assert room.alert() == {Outcome.EDITION: 1}
    assert len(asked) < 60
    answer = why(room.app, "maria", "old1", NOON)
    assert (answer["rule"], answer["decisions"]) == ("too_old", [])


def test_an_archive_that_is_edited_stays_silent(room: Newsroom) -> None:
    room.reader()
    old = {"visible_at": None, "reported_at": NOON - timedelta(days=90)}
    room.news(**old, updated_at=NOON - timedelta(days=90))
    room.alert()
    room.later(days=1)
    room.news(**old, updated_at=room.now, headline="Two words changed")
    room.alert()
    assert room.outcomes() == [("digest", "history")]
    room.later(hours=1)
    room.news(**old, updated_at=room.now, headline="Two words changed", severity=5)
    assert room.alert() == {Outcome.EDITION: 1}


def test_after_a_downtime_two_revisions_are_as_old_as_one(room: Newsroom) -> None:
    room.reader()
    room.news()
    room.news(headline="Changed")
    room.later(hours=10)
    room.alert()
    assert room.outcomes() == [("digest", "too_old")]


def test_an_embargo_is_kept_to_the_second(room: Newsroom) -> None:
    room.reader()
    room.news(visible_at=NOON + timedelta(minutes=5))
    room.later(minutes=4, seconds=59)
    assert room.alert() == {}
    room.later(seconds=1)
    assert room.alert() == {Outcome.EDITION: 1}


def test_a_crash_between_batches_skips_nobody_and_tells_nobody_twice(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        room.reader(f"r{number}")
    room.news()
    monkeypatch.setattr(alerts, "FIRST", 2)
    monkeypatch.setattr(alerts, "BATCH", 2)
    batch, calls = alerts._batch, iter(range(10))

    def fail_at_third(*given: Any) -> Any:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return batch(*given)

    monkeypatch.setattr(alerts, "_batch", fail_at_third)
    with pytest.raises(KeyboardInterrupt):
        room.alert()
    assert len(room.rows(Delivery)) == 4
    assert room.alert() == {Outcome.EDITION: 2}
    assert len(room.rows(Delivery)) == 6
    assert len({row.destination_id for row in room.rows(Delivery)}) == 6


def spoil(room: Newsroom, slug: str, revision: int = 1) -> None:
    """This Revision was written by a release that took what this one refuses."""
    event = next(one for one in room.rows(Event) if one.external_id == slug)
    with room.app.db.begin() as session:
        row = session.query(Revision).filter_by(event_id=event.id, number=revision).one()
        row.record = row.record | {"sources": [{"publisher": "x" * 3000}]}


def test_a_revision_that_cannot_be_read_keeps_nothing_from_anybody(room: Newsroom) -> None:
    room.reader()
    room.reader("tom", kinds=["digest"])
    room.news("bad")
    room.news("good")
    spoil(room, "bad")
    assert room.alert() == {Outcome.EDITION: 1, Outcome.DIGEST: 1}
    assert room.alert() == {}
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    assert room.publish() == {Outcome.EDITION: 2}


async def test_what_is_held_and_cannot_be_read_waits_until_it_can(room: Newsroom) -> None:
    room.reader(**NIGHT)
    room.now = datetime(2026, 3, 6, 3, tzinfo=UTC)
    for id in ("bad", "good"):
        room.news(id)
    room.alert()
    (kept,) = [one.record for one in room.rows(Revision) if one.record["id"] == "bad"]
    spoil(room, "bad")
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    assert room.release() == {Outcome.EDITION: 1, Outcome.HELD: 1}
    with room.app.db.begin() as session:
        row = next(one for one in session.query(Revision) if one.record["id"] == "bad")
        row.record = kept
    room.later(hours=1)
    assert room.release() == {Outcome.EDITION: 1}


async def test_an_error_that_cannot_be_read_any_more_is_put_right(room: Newsroom) -> None:
    room.reader()
    room.news()
    await tell(room)
    spoil(room, "pilots")
    await correct(room)
    assert codes(room) == [Code.CORRECT]


def test_a_pause_that_is_over_is_over(room: Newsroom) -> None:
    room.reader(person={"state": SubscriberState.PAUSED, "paused_until": NOON})
    room.reader("still", person={"state": SubscriberState.PAUSED})
    room.news()
    assert room.alert() == {Outcome.EDITION: 1}


# The life of an Event ----------------------------------------------------------------------


async def test_from_new_to_retracted_each_step_is_told_once(room: Newsroom) -> None:
    room.reader()
    for code, changes in (
        (Code.NEW, {}),
        (Code.UPDATE, {"standfirst": "Something else."}),
        (Code.ESCALATE, {"severity": 5}),
        (Code.CORRECT, {"severity": 5, "headline": "One pipeline", "correction": WRONG}),
        (Code.RETRACT, {"severity": 5, "retraction": {"reason": "It was invented."}}),
    ):
        room.news(**changes)
        await tell(room)
        room.later(minutes=10)
        assert codes(room)[-1] is code
        await tell(room)
    assert codes(room) == [Code.NEW, Code.UPDATE, Code.ESCALATE, Code.CORRECT, Code.RETRACT]
    first = "<1@email>"
    assert [one.envelope.earlier and one.envelope.earlier.reference for one in room.sent] == [
        None,
        first,
        first,
        first,
        first,
    ]
    assert room.sent[-1].envelope.earlier is not None
    assert len(room.sent[-1].envelope.earlier.references) == 4
    assert room.sent[-1].envelope.earlier.alone


async def test_two_events_at_once_each_keep_their_own_thread(room: Newsroom) -> None:
    room.reader()
    for name in ("pilots", "port"):
        room.news(name)
    await tell(room)
    room.later(minutes=20)
    room.forget_sent()
    for name in ("pilots", "port"):
        room.news(name, headline=f"Right of {name}", correction=WRONG)
    await tell(room)
    assert [one.envelope.earlier and one.envelope.earlier.reference for one in room.sent] == [
        "<1@email>",
        "<2@email>",
    ]


async def test_what_waits_is_told_in_its_newest_version_and_only_once(room: Newsroom) -> None:
    room.reader()
    room.email.script.append(RetryLater("busy", retry_after=600))
    room.news()
    await tell(room)
    room.forget_sent()
    room.later(minutes=8)
    room.news(headline="Newer")
    await tell(room)
    room.later(minutes=30)
    await tell(room)
    assert [(one.content.code, one.content.items[0].headline) for one in room.sent] == [
        (Code.NEW, "Newer")
    ]


async def test_what_was_taken_back_counts_for_no_cap(room: Newsroom) -> None:
    room.reader(alerts_per_quarter_hour=1)
    room.news()
    room.alert()
    room.news(standfirst="Something else.")
    await tell(room)
    assert codes(room) == [Code.NEW]


async def test_updates_in_quick_succession_become_one_with_the_newest(room: Newsroom) -> None:
    room.reader()
    room.news()
    await tell(room)
    for number in range(4):
        room.later(minutes=1)
        room.news(headline=f"Version {number}", severity=4)
        await tell(room)
    assert codes(room) == [Code.NEW]
    room.later(minutes=30)
    await tell(room)
    assert codes(room) == [Code.NEW, Code.UPDATE]
    assert room.sent[-1].content.items[0].headline == "Version 3"
    outcomes = [slot.outcome for slot in room.slots()]
    assert outcomes == ["edition", "folded", "folded", "folded", "edition"]


async def test_a_raised_severity_does_not_wait(room: Newsroom) -> None:
    room.reader()
    room.news()
    await tell(room)
    room.later(minutes=1)
    room.news(standfirst="More.")
    await tell(room)
    room.later(seconds=5)
    room.news(standfirst="Worse.", severity=5)
    await tell(room)
    assert codes(room) == [Code.NEW, Code.ESCALATE]
    room.later(hours=1)
    await tell(room)
    assert codes(room) == [Code.NEW, Code.ESCALATE], "what waited has been told with it"


# What was wrong ----------------------------------------------------------------------------


async def correct(room: Newsroom, **fields: Any) -> None:
    room.later(minutes=20)
    room.forget_sent()
    room.news(**({"headline": "One pipeline", "correction": WRONG} | fields))
    await tell(room)


async def test_a_correction_reaches_exactly_the_destinations_that_were_told(
    room: Newsroom,
) -> None:
    room.reader("told", destinations={"email": "told@x", "slack": "C1"})
    room.reader("digests", kinds=["digest"])
    room.reader("unfollowed")
    room.reader("left")
    room.reader("paused")
    room.reader("bounced", destinations={"email": "bad@x", "slack": "C2"})
    room.reader("elsewhere", follows=["chile"])
    room.news()
    await tell(room)
    with room.app.db.begin() as session:
        people = {one.key: one for one in session.query(Subscriber)}
        session.execute(delete(Follow).where(Follow.subscriber_id == people["unfollowed"].id))
        people["left"].state = SubscriberState.LEFT
        people["paused"].state = SubscriberState.PAUSED
        bad = session.query(Destination).where(Destination.address == "bad@x").one()
        bad.disabled_at = NOON
        session.add(  # a Destination of later: it was not told the error
            Destination(
                subscriber_id=people["told"].id,
                channel="email",
                address="new@x",
                verified_at=NOON,
            )
        )
    room.reader("newcomer")
    await correct(room)
    assert to(room, Code.CORRECT) == [
        "C1",
        "C2",
        "paused@example.org",
        "told@x",
        "unfollowed@example.org",
    ]
    assert "newcomer@example.org" in to(room, Code.NEW), "to whom it is news"
    await tell(room)
    assert len(to(room, Code.CORRECT)) == 5, "once each"
    content = next(one.content for one in room.sent if one.content.code is Code.CORRECT)
    correction = content.items[0].correction
    assert correction is not None
    assert (correction.wrong, correction.right) == (WRONG["wrong"], WRONG["right"])
    assert correction.told_at == NOON, "when its headline said so"


async def test_who_was_shown_the_headline_only_is_not_told_that_we_said_what_the_text_did(
    room: Newsroom,
) -> None:
    room.reader()
    text = {"standfirst": "", "takeaway": "Crews are at the scene.", "severity": 4}
    room.news(headline="A pipeline is hit", body=["Fire.", WRONG["wrong"]], **text)
    await tell(room)
    await correct(room, headline="A pipeline is hit", body=["Fire.", WRONG["right"]], **text)
    correction = room.sent[-1].content.items[0].correction
    assert correction is not None
    assert (correction.wrong, correction.told_at) == (WRONG["wrong"], None)


async def test_who_was_told_only_what_was_right_reads_no_correction(room: Newsroom) -> None:
    room.reader("early", destinations={"email": "early@x"})
    room.reader("paused", destinations={"email": "paused@x"})
    room.news(headline="A pipeline is hit")
    await tell(room)
    with room.app.db.begin() as session:
        person = session.query(Subscriber).where(Subscriber.key == "paused").one()
        person.state = SubscriberState.PAUSED
    room.reader("late", destinations={"email": "late@x"})
    room.later(minutes=1)
    room.news(headline="Both pipelines are shut")
    await tell(room)
    assert sorted(one.address for one in room.sent) == ["early@x", "late@x", "paused@x"]
    await correct(room, headline="One pipeline is shut")
    room.later(seconds=30)
    await tell(room)
    assert to(room, Code.CORRECT) == ["late@x"]
    assert to(room, Code.UPDATE) == ["early@x"]
    assert len(room.sent) == 2, "nor anything for who pauses and was told no error"
    room.later(minutes=10)
    await correct(room, retraction={"reason": "It was invented."})
    assert to(room, Code.RETRACT) == ["early@x", "late@x", "paused@x"]


async def test_a_correction_reaches_who_was_told_by_a_digest(room: Newsroom) -> None:
    room.reader(kinds=["digest"])
    room.news(severity=3)
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    room.publish()
    await room.drain()
    await correct(room, severity=3)
    (sent,) = room.sent
    assert sent.content.code is Code.CORRECT
    assert sent.envelope.earlier is not None
    assert not sent.envelope.earlier.alone, "a digest told of other things, too"


async def test_a_correction_never_comes_before_the_error(room: Newsroom) -> None:
    room.reader(kinds=["digest"])
    room.news(severity=3)
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    room.publish()
    with room.app.db.begin() as session:  # a worker has it in hand
        lease = room.now + timedelta(minutes=2)
        session.execute(update(Delivery).values(state=State.SENDING, lease_until=lease))
    await correct(room, severity=3)
    assert room.sent == []
    assert room.outcomes()[-1] == ("held", "unsent")
    with room.app.db.begin() as session:
        session.execute(update(Delivery).values(state=State.RETRY, lease_until=None))
    room.later(minutes=30)
    await room.drain()
    await tell(room)
    assert [one.content.kind for one in room.sent] == [EditionKind.DIGEST, EditionKind.ALERT]
    assert room.sent[-1].content.code is Code.CORRECT


async def test_an_error_that_never_went_out_needs_no_correction(room: Newsroom) -> None:
    room.reader(kinds=["digest"])
    room.news(severity=3)
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    room.publish()
    room.later(minutes=20)
    room.news(severity=3, headline="One pipeline", correction=WRONG)
    room.alert()
    with room.app.db.begin() as session:
        session.execute(update(Delivery).values(state=State.EXPIRED, not_before=None))
    room.later(minutes=5)
    await tell(room)
    assert room.sent == []


async def test_an_update_that_names_no_change_is_not_told(room: Newsroom) -> None:
    room.reader()
    risk = {"kind": "risk", "text": "Pumps stop."}
    room.news(takeaway="All is shut.", breaking=True, scenarios=[risk])
    await tell(room)
    for gone in ({"breaking": False}, {"breaking": False, "takeaway": None}, {"scenarios": []}):
        room.later(minutes=40)
        room.news(**({"takeaway": "All is shut.", "breaking": True, "scenarios": [risk]} | gone))
        await tell(room)
    assert codes(room) == [Code.NEW]
    assert room.outcomes()[1:] == 3 * [("nothing", "told_before")]
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    room.publish()
    assert room.outcomes()[-1] == ("nothing", "nothing_new")


async def test_a_correction_that_was_corrected_says_what_is_so_now(room: Newsroom) -> None:
    room.reader(**NIGHT)
    room.now = NOON.replace(hour=21)
    room.news(headline="Ten dead in Basra", severity=5)
    await tell(room)
    for hours, headline, wrong, right in (
        (2, "Nine dead in Basra", "Ten dead", "Nine dead"),
        (1, "Eight dead in Basra", "Nine dead", "Eight dead"),
        (1, "Eight dead in Kut", "Basra", "Kut"),
    ):
        room.later(hours=hours)
        room.news(headline=headline, severity=5, correction={"wrong": wrong, "right": right})
        await tell(room)
    room.later(hours=9)
    await tell(room)
    assert codes(room) == [Code.NEW, Code.CORRECT]
    (item,) = room.sent[-1].content.items
    assert [(one.wrong, one.right) for one in item.corrections] == [
        ("Ten dead", "Eight dead"),
        ("Basra", "Kut"),
    ]


TRUCE = {"headline": "Truce for Taiz", "standfirst": "It is signed. It begins on Saturday."}
SUNDAY = {"wrong": "It begins on Saturday", "right": "It begins on Sunday."}
DRAFT = "The paper was a draft; nothing is signed."


async def told_in_turn(room: Newsroom, *states: dict[str, Any]) -> list[Sending]:
    """What Maria is sent of these Revisions, two hours apart, and by the digest after them."""
    room.reader()
    for fields in states:
        room.news(**(TRUCE | fields))
        await tell(room)
        room.later(hours=2)
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    room.publish()
    await room.drain()
    return room.sent


def quoted(one: Sending) -> list[tuple[str | None, datetime | None]]:
    return [(each.said, each.told_at) for each in one.content.items[0].corrections]


async def test_a_digest_corrects_nothing_from_before_a_retraction_that_an_alert_told(
    room: Newsroom,
) -> None:
    sunday = {"standfirst": "It is signed. It begins on Sunday."}
    alerts = await told_in_turn(
        room,
        {},
        sunday | {"correction": SUNDAY},
        sunday | {"retraction": {"reason": DRAFT}},
        {"headline": "Truce stands", "standfirst": "The sides have signed after all."},
    )
    assert [one.content.code for one in alerts] == [
        Code.NEW,
        Code.CORRECT,
        Code.RETRACT,
        Code.UPDATE,
    ]
    (slot,) = room.slots(kind=EditionKind.DIGEST)
    assert (slot.outcome, slot.rule) == (Outcome.NOTHING, "nothing_new"), "all was told by alerts"


async def test_each_correction_names_the_first_message_with_its_error(room: Newsroom) -> None:
    sunday = {"standfirst": "It is signed. It begins on Sunday."}
    agreed = {"wrong": "It is signed", "right": "It is agreed."}
    _, first, second, digest = await told_in_turn(
        room,
        {},
        sunday | {"correction": SUNDAY},
        {"standfirst": "It is agreed. It begins on Sunday.", "correction": agreed},
    )
    assert quoted(first) == [("It begins on Saturday.", NOON)]
    assert quoted(second) == [("It is signed.", NOON)]
    assert quoted(digest) == [*quoted(first), *quoted(second)]


async def test_a_retraction_that_was_wrong_is_quoted(room: Newsroom) -> None:
    signed = {"wrong": "nothing is signed", "right": "It is signed."}
    *_, alert, digest = await told_in_turn(
        room, {}, {"retraction": {"reason": DRAFT}}, {"correction": signed}
    )
    assert quoted(alert) == quoted(digest) == [(DRAFT, NOON + timedelta(hours=2))]


async def test_what_was_retracted_does_not_stand_in_for_the_same_report_of_others(
    room: Newsroom,
) -> None:
    room.reader()
    report = {"headline": "A dam bursts", "standfirst": "Villages are under water."}
    room.news("ours", **report)
    room.news("theirs", **report)
    await tell(room)
    assert codes(room) == [Code.NEW]
    room.news("ours", **report, retraction={"reason": "Its sender withdrew it."})
    await tell(room)
    room.news("others", **report)
    await tell(room)
    assert codes(room) == [Code.NEW, Code.RETRACT, Code.NEW]


def test_nor_in_a_digest(room: Newsroom) -> None:
    room.reader(kinds=["digest"])
    report = {"headline": "A dam bursts", "standfirst": "Villages are under water."}
    room.news("ours", **report)
    room.publish()
    room.arrive()
    room.news("theirs", **report)
    room.news("ours", **report, retraction={"reason": "Its sender withdrew it."})
    room.later(hours=24)
    room.publish()
    assert [one.section for one in room.contents()[-1].items] == ["correction", "lead"]


async def test_an_update_in_the_same_moment_does_not_swallow_the_correction(
    room: Newsroom,
) -> None:
    room.reader()
    room.news()
    await tell(room)
    room.later(minutes=20)
    room.news(headline="One pipeline", correction=WRONG)
    room.news(headline="One pipeline", standfirst="And more.", correction=WRONG)
    await tell(room)
    assert codes(room) == [Code.NEW, Code.CORRECT]


@pytest.mark.parametrize(
    ("righting", "code"),
    [({"correction": WRONG}, Code.CORRECT), ({"retraction": {"reason": "A drill."}}, Code.RETRACT)],
)
async def test_nor_does_one_that_is_history(
    room: Newsroom, righting: dict[str, Any], code: Code
) -> None:
    room.reader()
    old = {"visible_at": None, "reported_at": NOON}
    room.news(**old)
    await tell(room)
    room.later(hours=10)
    for hours, more in ((1, {}), (2, {"standfirst": "And more."})):
        room.news(**old, updated_at=NOON + timedelta(hours=hours), **righting, **more)
    await tell(room)
    assert codes(room) == [Code.NEW, code]
    await tell(room)
    assert len(room.sent) == 2, "once"


async def test_an_alert_that_is_wrong_before_it_is_sent_is_not_sent(room: Newsroom) -> None:
    room.reader()
    room.news()
    room.alert()
    room.news(retraction={"reason": "It was invented."})
    await tell(room)
    assert room.sent == []
    assert room.states() == [State.SUPPRESSED]


async def test_an_error_that_waits_does_not_come_after_its_correction_and_an_update(
    room: Newsroom,
) -> None:
    room.reader(destinations={"email": "m@x", "telegram": "7"})
    room.telegram.script.append(RetryLater("rate_limited", retry_after=900))
    room.news()
    await tell(room)
    room.forget_sent()
    room.later(minutes=2)
    room.news(headline="One pipeline", correction=WRONG)
    room.news(headline="One pipeline", standfirst="And more.", correction=WRONG)
    await tell(room)
    room.later(minutes=20)
    await tell(room)
    assert to(room, Code.CORRECT) == ["m@x"]
    assert to(room, Code.NEW) == []


async def test_one_corrected_before_it_is_sent_is_told_as_the_news_it_is(room: Newsroom) -> None:
    room.reader()
    room.news()
    room.alert()
    room.news(headline="One pipeline", correction=WRONG)
    await tell(room)
    (sent,) = room.sent
    assert sent.content.code is Code.NEW
    assert sent.content.items[0].headline == "One pipeline"


@pytest.mark.parametrize(
    ("answer", "told"),
    [(None, Code.CORRECT), (RetryLater("rate_limited", retry_after=5), Code.NEW)],
)
async def test_what_is_put_right_while_it_is_sent_is_a_correction_only_if_it_arrives(
    room: Newsroom, answer: Exception | None, told: Code
) -> None:
    room.reader(cadence="none")

    async def corrected_meanwhile(_: Sending) -> None:
        room.email.on_send = None
        room.news(headline="One pipeline", correction=WRONG)
        assert room.alert() == {Outcome.HELD: 1}
        if answer is not None:
            raise answer

    room.email.on_send = corrected_meanwhile
    room.news()
    await tell(room)
    for _ in range(2):
        room.later(minutes=3)
        await room.run()
    assert codes(room) == [Code.NEW, told], "an attempt, and what came of it"
    assert room.sent[-1].content.items[0].headline == "One pipeline"


async def test_what_may_have_arrived_is_put_right(room: Newsroom) -> None:
    room.reader()
    room.news()
    room.alert()
    (row,) = room.rows(Delivery)
    with room.app.db.begin() as session:
        session.get_one(Delivery, row.id).state = State.UNKNOWN
        session.get_one(Delivery, row.id).not_before = None
    await correct(room)
    assert codes(room) == [Code.CORRECT]


async def test_a_correction_waits_for_the_night_to_end_and_goes_where_the_error_went(
    room: Newsroom,
) -> None:
    room.reader(destinations={"email": "m@x"}, **NIGHT)
    room.news()
    await tell(room)
    with room.app.db.begin() as session:
        (person,) = session.query(Subscriber)
        session.add(
            Destination(subscriber_id=person.id, channel="slack", address="C9", verified_at=NOON)
        )
    room.now = datetime(2026, 3, 5, 23, tzinfo=UTC)
    await correct(room)
    assert room.sent == []
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    room.news("other", severity=4)
    await tell(room)
    assert to(room, Code.CORRECT) == ["m@x"]
    assert to(room, Code.NEW) == ["C9", "m@x"]


async def test_an_error_told_at_night_is_put_right_at_night(room: Newsroom) -> None:
    room.reader(quiet_break_severity=5, **NIGHT)
    room.now = datetime(2026, 3, 5, 23, tzinfo=UTC)
    room.news(severity=5)
    await tell(room)
    await correct(room, severity=5)
    assert codes(room) == [Code.CORRECT]


# Held and released -------------------------------------------------------------------------


async def test_the_gravest_of_a_roundup_leads_it(room: Newsroom) -> None:
    room.reader(**NIGHT)
    room.now = datetime(2026, 3, 5, 23, tzinfo=UTC)
    for name, severity in (("minor", 4), ("grave", 5), ("other", 4)):
        room.news(name, severity=severity)
        await tell(room)
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    await tell(room)
    (sent,) = room.sent
    assert [item.headline for item in sent.content.items] == [
        "Headline of grave",
        "Headline of minor",
        "Headline of other",
    ]
    assert {item.section for item in sent.content.items} == {"item"}, "none shows a standfirst"


async def test_a_quiet_night_ends_with_one_roundup(room: Newsroom) -> None:
    maria = room.reader(zone="Europe/London", **NIGHT)
    for hour in (22, 23):
        room.now = datetime(2026, 3, 5, hour, 30, tzinfo=UTC)
        room.news(f"at-{hour}")
        await tell(room)
    room.now = datetime(2026, 3, 6, 3, tzinfo=UTC)
    room.news("at-22", headline="Changed at night")
    room.news("withdrawn")
    await tell(room)
    room.news("withdrawn", retraction={"reason": "No."})
    await tell(room)
    assert room.sent == []
    assert {slot.outcome for slot in room.slots(maria)} >= {Outcome.HELD}
    room.now = datetime(2026, 3, 6, 6, 59, 59, tzinfo=UTC)
    await tell(room)
    assert room.sent == []
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    await tell(room)
    (sent,) = room.sent
    assert (sent.content.code, sent.content.held) == (Code.ROUNDUP, ("quiet",))
    told = sorted(item.headline for item in sent.content.items)
    assert told == ["Changed at night", "Headline of at-23"]
    await tell(room)
    assert len(room.sent) == 1
    assert not any(slot.outcome == Outcome.HELD for slot in room.slots())


async def test_one_that_was_held_alone_comes_as_an_alert(room: Newsroom) -> None:
    room.reader(**NIGHT)
    room.now = datetime(2026, 3, 5, 23, tzinfo=UTC)
    room.news()
    await tell(room)
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    await tell(room)
    assert codes(room) == [Code.NEW]
    assert [one.content.held for one in room.sent] == [("quiet",)]


async def test_a_revision_makes_what_waits_neither_too_old_nor_younger(room: Newsroom) -> None:
    room.reader(quiet_from=time(13), quiet_to=time(0))
    room.later(hours=1)
    room.news()
    await tell(room)
    room.later(hours=9)
    room.news(headline="Changed")
    await tell(room)
    assert room.outcomes() == [("folded", "superseded"), ("held", "quiet")]
    folded, _ = room.slots()
    assert folded.reason == "a newer revision took its place", "nothing is told yet"
    room.later(hours=2)
    await tell(room)
    assert codes(room) == [Code.NEW]
    room.reader("night", quiet_from=time(13), quiet_to=time(7))
    room.now = datetime(2026, 3, 6, 13, tzinfo=UTC)
    room.news("long")
    await tell(room)
    room.later(hours=17)
    room.news("long", headline="Changed")
    await tell(room)
    room.later(hours=1)
    await tell(room)
    assert ("digest", "held_too_long") in room.outcomes()


async def test_what_was_held_too_long_goes_to_the_digest(room: Newsroom) -> None:
    room.reader(quiet_from=time(13), quiet_to=time(7))
    room.later(hours=1)
    room.news()
    await tell(room)
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    await tell(room)
    assert room.sent == []
    assert room.outcomes() == [("digest", "held_too_long")]
    room.publish()
    await room.drain()
    assert [one.content.kind for one in room.sent] == [EditionKind.DIGEST]


async def test_what_could_not_be_sent_within_two_hours_goes_to_the_digest(room: Newsroom) -> None:
    room.reader()
    room.news()
    room.email.script.append(RetryLater("down"))
    await tell(room)
    room.later(hours=2)
    expire(room.app, room.now)
    await tell(room)
    assert room.states() == [State.EXPIRED]
    room.forget_sent()
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    room.publish()
    await room.drain()
    (sent,) = room.sent
    assert [(item.section, item.code) for item in sent.content.items] == [("lead", Code.NEW)]


async def test_over_the_cap_events_wait_and_come_together(room: Newsroom) -> None:
    room.reader(alerts_per_quarter_hour=2)
    for number in range(5):
        room.news(f"n{number}")
        await tell(room)
        room.later(minutes=1)
    assert codes(room) == [Code.NEW, Code.NEW]
    assert sum(slot.outcome == Outcome.HELD for slot in room.slots()) == 3
    room.later(minutes=10)
    await tell(room)
    assert codes(room) == [Code.NEW, Code.NEW, Code.ROUNDUP]
    assert len(room.sent[-1].content.items) == 3
    assert room.sent[-1].content.held == ("cap",)
    assert not any(slot.outcome == Outcome.HELD for slot in room.slots())


async def test_updates_of_one_critical_event_do_not_hold_up_another(room: Newsroom) -> None:
    room.reader()
    for number in range(4):
        room.news("quake", severity=5, standfirst=f"Report {number}.")
        await tell(room)
        room.later(hours=1)
    room.news("flood", severity=5)
    await tell(room)
    assert codes(room) == [Code.NEW, Code.UPDATE, Code.UPDATE, Code.UPDATE, Code.NEW]


async def test_that_it_is_over_counts_half_as_any_update(room: Newsroom) -> None:
    room.reader(alerts_per_quarter_hour=3)
    for each in ("fire", "flood"):
        room.news(each)
    await tell(room)
    room.later(minutes=6)
    room.news("fire", status="concluded")
    await tell(room)
    room.news("flood", standfirst="More.")
    await tell(room)
    assert codes(room) == [Code.NEW, Code.NEW, Code.CLOSE, Code.UPDATE]


async def test_a_roundup_counts_as_one_message(room: Newsroom) -> None:
    room.reader(alerts_per_quarter_hour=2, **NIGHT)
    room.now = datetime(2026, 3, 6, 6, 50, tzinfo=UTC)
    for number in range(3):
        room.news(f"n{number}")
    await tell(room)
    room.later(minutes=10)
    await tell(room)
    assert codes(room) == [Code.ROUNDUP]
    room.later(minutes=1)
    room.news("one-more")
    await tell(room)
    assert codes(room) == [Code.ROUNDUP, Code.NEW]


async def test_what_was_held_and_is_no_longer_followed_is_not_told(room: Newsroom) -> None:
    maria = room.reader(**NIGHT)
    room.now = datetime(2026, 3, 5, 23, tzinfo=UTC)
    room.news()
    await tell(room)
    with room.app.db.begin() as session:
        session.execute(delete(Follow).where(Follow.subscriber_id == maria))
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    await tell(room)
    assert room.sent == []
    assert room.outcomes() == [("nothing", "no_follow")]


async def test_the_same_report_from_two_senders_is_one_item(room: Newsroom) -> None:
    room.reader(**NIGHT)
    room.now = datetime(2026, 3, 5, 23, tzinfo=UTC)
    for sender in ("a", "b"):
        room.news(sender, headline="The same", standfirst="Words.", sources=[{"publisher": sender}])
    await tell(room)
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    await tell(room)
    (sent,) = room.sent
    assert len(sent.content.items) == 1


async def test_an_alert_is_one_line_of_the_next_digest(room: Newsroom) -> None:
    room.reader()
    room.news()
    room.news("minor", severity=2)
    await tell(room)
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    room.publish()
    await room.drain()
    digest = room.sent[-1].content
    assert [item.section for item in digest.items] == ["lead", "alerted"]


# What waits when a digest is planned --------------------------------------------------------


async def test_a_digest_tells_whole_what_an_alert_that_waits_has_not_told(room: Newsroom) -> None:
    room.reader()
    room.now = datetime(2026, 3, 6, 6, 30, tzinfo=UTC)
    room.news()
    room.email.script = [RetryLater("busy", retry_after=3600)]
    await tell(room)
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    room.publish()
    room.later(hours=1)
    await tell(room)
    assert [(one.content.kind, one.content.items[0].section) for one in room.sent[1:]] == [
        (EditionKind.DIGEST, "lead")
    ]
    assert [(one.state, one.reason) for one in room.rows(Delivery)] == [
        (State.SUPPRESSED, "in_digest"),
        (State.SENT, None),
    ]


@pytest.mark.parametrize("update", [False, True])
async def test_a_correction_that_waits_does_not_come_after_a_digest_that_puts_it_right(
    room: Newsroom, update: bool
) -> None:
    room.reader(destinations={"email": "m@x", "slack": "C1"})
    room.now = datetime(2026, 3, 6, 6, 30, tzinfo=UTC)
    room.news()
    await tell(room)
    room.later(minutes=10)
    for channel in (room.email, room.slack):
        channel.script = [RetryLater("busy", retry_after=3600)]
    await correct(room)
    with room.app.db.begin() as session:
        slack = session.query(Destination).where(Destination.channel == "slack").one()
        slack.kinds = ["alert"]
    if update:
        room.later(minutes=5)
        room.news(headline="One pipeline", standfirst="The other never stopped.")
        await tell(room)
    room.forget_sent()
    room.now = datetime(2026, 3, 6, 7, 30, tzinfo=UTC)
    for _ in range(3):
        room.publish()
        await tell(room)
        room.later(minutes=20)
    assert [one.content.items[0].section for one in room.email.sent] == ["correction"]
    assert [one.content.kind for one in room.email.sent] == [EditionKind.DIGEST]
    assert codes(room)[1:2] == [Code.CORRECT], "the digest doesn't go there"


async def test_an_alert_that_waits_for_a_destination_without_digests_is_still_sent(
    room: Newsroom,
) -> None:
    maria = room.reader(destinations={"email": "m@x"}, kinds=["digest"])
    with room.app.db.begin() as session:
        session.add(
            Destination(
                subscriber_id=maria,
                channel="telegram",
                address="7",
                kinds=["alert"],
                verified_at=room.now,
            )
        )
    room.now = datetime(2026, 3, 6, 6, 59, tzinfo=UTC)
    room.news()
    room.alert()
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    room.publish()
    await room.drain()
    assert [one.content.items[0].section for one in room.email.sent] == ["lead"]
    assert to(room, Code.NEW) == ["7", "m@x"]


async def test_what_a_digest_has_no_room_for_is_still_alerted(room: Newsroom) -> None:
    room.app.settings = room.app.settings.model_copy(update={"digest_items": 1})
    room.reader(alerts_per_quarter_hour=50, alerts_per_hour=50, alerts_per_day=50)
    room.now = datetime(2026, 3, 6, 6, 59, tzinfo=UTC)
    for number in range(12):
        room.news(f"n{number}")
    room.alert()
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    room.publish()
    await room.drain()
    told = [item.event_id for one in room.sent for item in one.content.items]
    assert sorted(told) == list(range(1, 13))


def test_releasing_many_needs_as_many_queries_as_few(room: Newsroom) -> None:
    asked_for = []
    for night, count in ((5, 1), (6, 25)):
        for number in range(count):
            room.reader(f"r{night}-{number}", **NIGHT)
        room.now = datetime(2026, 3, night, 23, tzinfo=UTC)
        for number in range(3):
            room.news(f"n{night}-{number}")
        room.alert()
        room.now = datetime(2026, 3, night + 1, 7, tzinfo=UTC)
        with counting(room.app.db.engine) as asked:
            room.release()
        asked_for.append(sum(not one.startswith("UPDATE slots") for one in asked))
    assert asked_for[0] >= asked_for[1]
