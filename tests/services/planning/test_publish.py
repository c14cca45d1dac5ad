"""Digests from end to end: once a local date, late, missed, moved, and nothing lost between."""

import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from databases import BOTH, set_up_copy
from groups import each_alone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from newsroom import Newsroom, counting
from sqlalchemy import select, update

from digest.errors import RetryLater
from digest.models import (
    Delivery,
    Destination,
    List,
    ListMember,
    Revision,
    Schedule,
    Slot,
    Subscriber,
)
from digest.models.words import Cadence, Code, EditionKind, Outcome, SubscriberState
from digest.models.words import DeliveryState as State
from digest.render.phrases import Phrases
from digest.services.app import App
from digest.services.planning import digests, release
from digest.services.planning.publish import publish

SEVEN = datetime(2026, 3, 5, 7, tzinfo=UTC)
DAY = timedelta(days=1)
FEW_QUERIES = 40  # of a pass in which something becomes visible and digests are due
ZONES = (
    "Europe/London",
    "America/New_York",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Tehran",
)


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both, now=SEVEN)


@pytest.fixture
def quick(app_on_sqlite: App) -> Newsroom:
    """Arithmetic on dates is the same on every database."""
    return Newsroom(app_on_sqlite, now=SEVEN)


def digests_of(room: Newsroom, subscriber_id: int | None = None) -> list[Slot]:
    return [
        slot
        for slot in room.slots(subscriber_id, EditionKind.DIGEST)
        if slot.outcome != Outcome.FOLDED
    ]


def change(room: Newsroom, subscriber_id: int, **columns: Any) -> None:
    """As preferences do: the planner is to reckon the next hour anew."""
    with room.app.db.begin() as session:
        schedule = session.scalars(
            select(Schedule).where(Schedule.subscriber_id == subscriber_id)
        ).one()
        for name, value in columns.items():
            setattr(schedule, name, value)
        session.get_one(Subscriber, subscriber_id).next_due_at = None


# Once a date -------------------------------------------------------------------------------


def test_a_digest_comes_at_its_hour_and_once(room: Newsroom) -> None:
    maria = room.reader()
    room.now = SEVEN - timedelta(hours=2)
    room.news()
    room.publish()
    room.now = SEVEN - timedelta(seconds=1)
    assert room.publish() == {}
    room.now = SEVEN
    assert room.publish() == {Outcome.EDITION: 1}
    assert room.publish() == {}
    (slot,) = [slot for slot in digests_of(room, maria) if slot.key == "2026-03-05"]
    assert (slot.due_at, slot.rule) == (SEVEN, "digest")
    (row,) = room.rows(Delivery)
    assert (row.slot, row.priority, row.not_before) == ("digest:2026-03-05", 0, SEVEN)


def test_readers_alike_share_one_edition_and_the_others_have_their_own(room: Newsroom) -> None:
    for number in range(5):
        room.reader(f"r{number}")
    room.reader("other", follows=["iran", "gulf"])
    room.news(severity=3)
    assert room.publish() == {Outcome.EDITION: 6}
    assert len(room.contents()) == 2


def test_deliveries_of_one_edition_stand_together(room: Newsroom) -> None:
    """So a claim of a few hundred has few Editions to load and to render."""
    for number in range(4):
        room.reader(f"iran{number}")
        room.reader(f"gulf{number}", follows=["iran", "gulf"])
    room.news(severity=3)
    room.publish()
    found = [row.edition_id for row in sorted(room.rows(Delivery), key=lambda row: row.id)]
    assert len(set(found)) == 2
    assert found == sorted(found)


def test_many_readers_need_as_many_queries_as_few(room: Newsroom) -> None:
    room.news(severity=3)
    asked_for = []
    for count in (2, 60):
        for number in range(count):
            zone = ZONES[number % len(ZONES)]
            at = SEVEN.astimezone(ZoneInfo(zone)).time()
            room.reader(f"r{count}-{number}", zone=zone, at=at)
        with counting(room.app.db.engine) as asked:
            assert room.publish() == {Outcome.EDITION: count}
        asked_for.append(len(asked))
    assert FEW_QUERIES >= asked_for[0] >= asked_for[1]


def test_two_planners_at_once_make_one_digest_each(room: Newsroom) -> None:
    for number in range(20):
        room.reader(f"r{number}", zone=ZONES[number % 2], at=time(7 if number % 2 == 0 else 2))
    room.news(severity=3)
    failures: list[BaseException] = []
    start = threading.Barrier(2)

    def plan() -> None:
        try:
            start.wait(10)
            publish(room.app, SEVEN)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=plan) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert Counter(slot.subscriber_id for slot in room.slots()) == {
        slot.subscriber_id: 1 for slot in room.slots()
    }
    assert len(room.slots()) == len(room.rows(Delivery)) == 20


@pytest.mark.parametrize("app_on_both", BOTH[1:], indirect=True)  # SQLite has one writer anyway
def test_who_is_told_what_was_held_gets_no_digest_at_the_same_moment(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    maria = room.reader(quiet_from=time(22), quiet_to=time(7))
    room.now = SEVEN - timedelta(hours=4)
    room.news()
    assert room.alert() == {Outcome.HELD: 1}
    room.now = SEVEN
    prepare = release.prepare

    def meanwhile(*given: Any) -> Any:
        assert room.publish() == {}
        return prepare(*given)

    monkeypatch.setattr(release, "prepare", meanwhile)
    assert room.release() == {Outcome.EDITION: 1}
    room.arrive()
    assert room.publish() == {Outcome.NOTHING: 1}
    assert len(room.slots(maria)) == 2


def test_a_digest_that_could_only_say_what_alerts_told_is_not_sent(room: Newsroom) -> None:
    maria, line = room.reader(), room.reader("line", when_nothing="line")
    room.now = SEVEN - timedelta(hours=1)
    room.news()
    room.alert()
    room.arrive()
    room.now = SEVEN
    assert room.publish() == {Outcome.NOTHING: 1, Outcome.EDITION: 1}
    (slot,) = room.slots(maria, EditionKind.DIGEST)
    assert (slot.rule, slot.reason) == ("nothing_new", "1 matched, 1 told before")
    assert [rule for _, _, rule in slot.left_out or ()] == ["told_before"]
    (lined,) = room.slots(line, EditionKind.DIGEST)
    assert lined.edition_id is not None
    assert [item.section for item in room.contents()[-1].items] == ["alerted"]

    room.later(hours=2)
    room.news(headline="The pilots are free")  # what comes after is news for the next one
    room.news("ports")
    room.now = SEVEN + timedelta(days=1)
    assert room.publish() == {Outcome.EDITION: 2}
    assert {item.headline for item in room.contents()[-1].items} == {
        "The pilots are free",
        "Headline of ports",
    }


def test_an_alert_that_may_still_fail_has_not_told_all(room: Newsroom) -> None:
    room.reader()
    room.now = SEVEN - timedelta(minutes=1)
    room.news()
    room.alert()
    with room.app.db.begin() as session:
        session.execute(update(Delivery).values(state=State.SENDING))
    room.now = SEVEN
    assert room.publish() == {Outcome.EDITION: 1}
    assert [item.section for item in room.contents()[-1].items] == ["alerted"]


def test_nothing_to_say_is_recorded_and_not_sent(room: Newsroom) -> None:
    room.reader()
    room.reader("line", when_nothing="line")
    assert room.publish() == {Outcome.NOTHING: 1, Outcome.EDITION: 1}
    assert room.outcomes() == [("nothing", "nothing_matched"), ("edition", "digest")]
    assert len(room.rows(Delivery)) == 1
    assert [content.quiet for content in room.contents()] == [True]


def test_without_a_destination_nothing_is_lost(room: Newsroom) -> None:
    maria = room.reader()
    room.publish()
    take(room, maria, [])
    room.later(hours=1)
    room.news(severity=3)
    room.now = SEVEN + DAY
    assert room.publish() == {Outcome.NOTHING: 1}
    assert room.outcomes()[-1] == ("nothing", "no_destination")
    take(room, maria, ["digest"])
    room.now = SEVEN + 3 * DAY
    assert room.publish()[Outcome.EDITION] == 1
    assert [item.headline for item in room.contents()[0].items] == ["Headline of pilots"]


def take(room: Newsroom, subscriber_id: int, kinds: list[str]) -> None:
    """The Subscriber's Destination takes these kinds of Editions from now on."""
    with room.app.db.begin() as session:
        mine = select(Destination).where(Destination.subscriber_id == subscriber_id)
        session.scalars(mine).one().kinds = kinds


@pytest.mark.parametrize(
    ("lists", "title"),
    [
        ((), "Digest"),
        (("Red Sea desk",), "Red Sea desk"),
        (("Red Sea desk", "Caucasus desk"), "Digest"),
    ],
)
def test_a_digest_has_the_name_of_the_only_list_its_reader_is_on(
    room: Newsroom, lists: tuple[str, ...], title: str
) -> None:
    maria = room.reader()
    with room.app.db.begin() as session:
        for name in lists:
            group = List(key=name.lower(), name=name)
            session.add(group)
            session.flush()
            session.add(ListMember(list_id=group.id, subscriber_id=maria))
    room.news(severity=3)
    room.publish()
    assert [content.list_name for content in room.contents()] == [title]


# Late --------------------------------------------------------------------------------------


def test_the_next_begins_where_a_late_digest_ended(room: Newsroom) -> None:
    story = {"story": {"title": "War", "slug": "war"}}
    far, near = (
        {"assertions": [{"kind": "risk", "text": "It spreads.", "scenario": "x", "horizon": one}]}
        for one in ("short", "immediate")
    )
    maria = room.reader()
    room.news(**story, **far)
    room.publish()
    room.arrive()
    room.follow_story(maria, "war")
    room.later(days=1, hours=1)
    room.news("elsewhere", interests=[], **story, **near)
    room.later(hours=1)
    room.publish()
    room.arrive()
    late = room.now
    room.news("next", **story)
    room.now = SEVEN + 2 * DAY
    room.publish()
    _, told, after = room.contents()
    assert (told.covers_to, after.covers_from) == (late, late)
    assert [item.scenarios[0].horizon for item in told.items] == ["immediate"]
    assert after.watch == (), "it was told that it moved"


def test_a_late_digest_says_so_and_keeps_to_quiet_hours(room: Newsroom) -> None:
    room.reader()
    room.reader("quiet", quiet_from=time(8), quiet_to=time(11))
    room.news(severity=3)
    room.publish()
    room.later(days=1, hours=2)
    room.news("next", severity=3)
    room.publish()
    assert [content.late for content in room.contents()] == [False, True]
    assert [row.not_before for row in room.rows(Delivery)][2:] == [
        room.now,
        SEVEN + timedelta(days=1, hours=4),
    ]


@pytest.mark.parametrize(
    ("quiet_to", "hours"), [(None, 6), (time(6), 2)], ids=["made after midnight", "held over it"]
)
def test_a_digest_that_comes_after_midnight_names_the_day_of_what_was_before(
    room: Newsroom, quiet_to: time | None, hours: int
) -> None:
    quiet = {"quiet_from": time(22), "quiet_to": quiet_to} if quiet_to else {}
    room.reader(at=time(20), **quiet)
    room.now = SEVEN + timedelta(hours=13)
    room.publish()
    room.later(days=1)
    before = room.now - timedelta(hours=2)
    room.later(hours=hours)
    room.news("late", severity=3)
    room.publish()
    (told,) = room.contents()
    assert (told.day.day, told.today.day) == (SEVEN.day + 1, SEVEN.day + 2)
    assert Phrases(told).moment(before) == f"{before:%A} 18:00"


WRONG, RIGHT = "Ten dead in Basra", "Nine dead in Basra"
PUT_RIGHT = (
    {"headline": RIGHT, "correction": {"wrong": "Ten dead", "right": "Nine dead"}},
    {"headline": WRONG, "retraction": {"reason": "The letter was forged."}},
)


@pytest.mark.parametrize("change", PUT_RIGHT, ids=["corrected", "retracted"])
async def test_a_digest_that_waits_tells_nothing_that_is_known_to_be_wrong(
    room: Newsroom, change: dict[str, Any]
) -> None:
    room.reader(quiet_from=time(8), quiet_to=time(11), kinds=["digest"])
    room.publish()
    room.later(days=1, hours=1, minutes=30)
    room.news("wrong", severity=4, headline=WRONG)
    room.news("sound", severity=3)
    room.publish()
    (planned,) = room.contents()
    assert [item.section for item in planned.items] == ["lead", "item"]
    room.later(hours=1)
    room.news("wrong", severity=4, **change)
    room.alert()
    for _ in range(24):
        room.later(hours=1)
        room.release()
        room.publish()
        await room.drain()
    (sent,) = room.email.sent
    told = [(item.section, item.headline) for item in sent.content.items]
    sound = "Headline of sound"
    assert told == (
        [("lead", sound)] if "retraction" in change else [("lead", RIGHT), ("item", sound)]
    ), "and nobody is told that we said what they never read"
    assert room.contents()[0] == planned, "what was planned stays as it was"


async def test_of_one_that_waits_for_one_destination_the_other_is_put_right(
    room: Newsroom,
) -> None:
    room.reader(kinds=["digest"], destinations={"email": "m@x", "slack": "C1"})
    room.news(headline=WRONG, severity=3, visible_at=SEVEN - timedelta(hours=2))
    room.email.script = [RetryLater("busy", retry_after=1800)]
    room.publish()
    await room.drain()
    room.later(minutes=10)
    room.news(severity=3, **PUT_RIGHT[0])
    room.alert()
    room.later(minutes=30)
    room.release()
    await room.drain()
    assert [one.content.items[0].headline for one in room.email.sent] == [WRONG, RIGHT]
    assert room.email.sent[-1].content.kind is EditionKind.DIGEST
    first, second = room.slack.sent
    assert (first.content.kind, second.content.code) == (EditionKind.DIGEST, Code.CORRECT)


async def test_a_digest_that_has_nothing_left_to_tell_is_not_sent(room: Newsroom) -> None:
    room.reader(kinds=["digest"])
    room.news(severity=3, visible_at=SEVEN - timedelta(hours=2))
    room.publish()
    room.later(minutes=1)
    room.news(severity=3, **PUT_RIGHT[1])
    room.alert()
    await room.drain()
    assert room.sent == []
    assert room.states() == [State.SUPPRESSED]
    room.now = SEVEN + DAY
    assert room.publish() == {Outcome.NOTHING: 1}


def test_a_first_digest_is_not_sorry_to_be_late_and_keeps_to_quiet_hours(room: Newsroom) -> None:
    """Its reader joined after today's hour and has waited for nothing."""
    room.reader()
    room.reader("quiet", quiet_from=time(8), quiet_to=time(11))
    room.news(severity=3)
    room.now = SEVEN + timedelta(hours=2)
    room.publish()
    assert {content.late for content in room.contents()} == {False}
    assert [row.not_before for row in room.rows(Delivery)] == [
        room.now,
        SEVEN + timedelta(hours=4),
    ]


def test_one_in_time_comes_in_quiet_hours_as_was_asked_for(room: Newsroom) -> None:
    room.reader(quiet_from=time(22), quiet_to=time(8))
    room.news(severity=3)
    room.publish()
    assert [row.not_before for row in room.rows(Delivery)] == [SEVEN]
    assert not room.contents()[0].late


def test_a_digest_missed_by_too_long_goes_into_the_next_one(room: Newsroom) -> None:
    maria = room.reader()
    room.news("first", severity=3)
    room.publish()
    room.arrive()
    room.now = SEVEN + timedelta(hours=5)
    room.news("second", severity=3)
    room.now = SEVEN + DAY + timedelta(hours=13)
    assert room.publish() == {Outcome.FOLDED: 1}
    room.now = SEVEN + 2 * DAY
    assert room.publish() == {Outcome.EDITION: 1}
    outcomes = {slot.key: slot.outcome for slot in room.slots(maria)}
    assert outcomes == {
        "2026-03-05": Outcome.EDITION,
        "2026-03-06": Outcome.FOLDED,
        "2026-03-07": Outcome.EDITION,
    }
    content = room.contents()[-1]
    assert content.catch_up
    assert [item.headline for item in content.items] == ["Headline of second"]
    assert content.covers_from == SEVEN


def test_after_a_month_of_downtime_there_is_one_catch_up(room: Newsroom) -> None:
    maria = room.reader()
    room.news("before", severity=3)
    room.publish()
    room.arrive()
    for days in (1, 10, 29):
        room.now = SEVEN + days * DAY + timedelta(hours=1)
        room.news(f"day-{days}", severity=3)
    room.now = SEVEN + 30 * DAY + timedelta(minutes=10)
    assert room.publish() == {Outcome.FOLDED: 7, Outcome.EDITION: 1}
    room.arrive()
    slots = room.slots(maria)
    folded = [slot.key for slot in slots if slot.outcome == Outcome.FOLDED]
    assert folded == [f"2026-{date(2026, 3, 28) + n * DAY:%m-%d}" for n in range(7)]
    content = room.contents()[-1]
    assert content.catch_up
    assert [item.headline for item in content.items] == ["Headline of day-29"], "a week back"
    assert len(room.rows(Delivery)) == 2
    room.now += DAY
    assert room.publish() == {Outcome.NOTHING: 1}


def test_a_correction_of_long_ago_is_told_after_a_long_downtime(room: Newsroom) -> None:
    room.reader(kinds=["digest"])
    room.news(severity=3)
    room.publish()
    room.arrive()
    room.now = SEVEN + timedelta(hours=3)
    room.news(severity=3, headline="Right", correction={"wrong": "W", "right": "R"})
    room.now = SEVEN + 30 * DAY
    room.publish()
    assert [item.section for item in room.contents()[-1].items] == ["correction"]


def test_to_others_a_correction_of_long_ago_is_no_news(room: Newsroom) -> None:
    back = room.reader("back")
    room.publish()
    with room.app.db.begin() as session:
        person = session.get_one(Subscriber, back)
        person.state, person.paused_until = SubscriberState.PAUSED, SEVEN + 30 * DAY
    room.later(hours=1)
    room.news()
    right = {"headline": "Right", "correction": {"wrong": "W", "right": "R"}}
    for more in ({}, {"headline": "Right, and more"}):
        room.later(hours=1)
        room.news(**(right | more))
    room.reader("new")
    room.now = SEVEN + 30 * DAY - timedelta(hours=1)
    room.news("today", severity=3)
    room.now = SEVEN + 30 * DAY
    assert room.publish()[Outcome.EDITION] == 2
    for content in room.contents():
        assert [item.headline for item in content.items] == ["Headline of today"]


def test_a_correction_of_long_ago_is_told_in_the_newest_words(room: Newsroom) -> None:
    room.reader(kinds=["digest"])
    room.news(severity=3)
    room.publish()
    room.arrive()
    right = {"severity": 3, "correction": {"wrong": "W", "right": "R"}}
    for headline in ("Right", "Right, and more"):
        room.later(hours=1)
        room.news(headline=headline, **right)
    room.now = SEVEN + 30 * DAY
    room.publish()
    (item,) = room.contents()[-1].items
    assert (item.section, item.headline) == ("correction", "Right, and more")


def test_a_first_digest_is_not_emptied_by_history_imported_after_the_news(
    room: Newsroom,
) -> None:
    room.now = SEVEN - timedelta(hours=3)
    room.news("today", severity=3)
    room.publish()
    old = SEVEN - 100 * DAY
    room.news("ancient", severity=3, visible_at=None, reported_at=old, updated_at=old)
    room.reader()
    room.now = SEVEN
    room.publish()
    assert [item.headline for item in room.contents()[0].items] == ["Headline of today"]


def test_a_pause_that_is_over_catches_up(room: Newsroom) -> None:
    maria = room.reader()
    room.publish()
    with room.app.db.begin() as session:
        person = session.get_one(Subscriber, maria)
        person.state, person.paused_until = SubscriberState.PAUSED, SEVEN + 3 * DAY
    room.now = SEVEN + DAY + timedelta(hours=1)
    room.news(severity=3)
    room.now = SEVEN + 2 * DAY
    assert room.publish() == {}
    room.now = SEVEN + 3 * DAY
    assert room.publish()[Outcome.EDITION] == 1


# Zones -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "start",  # around each change of clocks in one of the zones
    [date(2026, *one) for one in ((2, 13), (3, 6), (3, 20), (3, 27), (4, 3), (10, 2), (10, 23))],
    ids=str,
)
def test_one_digest_a_local_date_over_the_changes_of_clocks(quick: Newsroom, start: date) -> None:
    hour = {zone: time(2, 30) if n % 2 else time(1, 30) for n, zone in enumerate(ZONES)}
    readers = {
        zone: quick.reader(zone.replace("/", "-"), zone=zone, at=hour[zone], follows=[])
        for zone in ZONES
    }
    quick.now = datetime.combine(start, time(), tzinfo=UTC)
    for _ in range(4 * 24 * 2):
        quick.publish()
        quick.later(minutes=30)
    for zone, reader in readers.items():
        made = digests_of(quick, reader)
        keys = [date.fromisoformat(slot.key) for slot in made]
        assert keys == [keys[0] + n * DAY for n in range(len(keys))], zone
        assert len(keys) in (4, 5)
        local = [slot.due_at.astimezone(ZoneInfo(zone)) for slot in made]
        assert [one.date() for one in local] == keys
        windows = [(slot.window_from, slot.window_to) for slot in made]
        assert all(a[1] == b[0] for a, b in pairwise(windows))


@pytest.mark.parametrize("to", ["Pacific/Apia", "America/New_York", "Asia/Kolkata"])
def test_who_moves_gets_no_date_twice_and_waits_36_hours_at_most(quick: Newsroom, to: str) -> None:
    maria = quick.reader(zone="Pacific/Apia" if to != "Pacific/Apia" else "America/New_York")
    quick.now = datetime(2026, 3, 5, tzinfo=UTC)
    end = quick.now + 6 * DAY
    moved = False
    while quick.now < end:
        if not moved and quick.now >= datetime(2026, 3, 7, 20, tzinfo=UTC):
            change(quick, maria, zone=to)
            moved = True
        quick.publish()
        quick.later(minutes=30)
    made = [slot for slot in digests_of(quick, maria) if slot.planned_at > SEVEN - DAY]
    keys = [slot.key for slot in made]
    assert len(keys) == len(set(keys))
    gaps = [b.planned_at - a.planned_at for a, b in pairwise(made)]
    assert max(gaps) <= timedelta(hours=36, minutes=30)


def test_a_first_weekly_digest_says_which_week_it_covers(quick: Newsroom) -> None:
    quick.reader(cadence=Cadence.WEEKLY, weekdays=[3])
    quick.now = SEVEN - 4 * DAY
    quick.news("n", severity=3)
    quick.now = SEVEN
    quick.publish()
    (content,) = quick.contents()
    assert content.covers_from == SEVEN - 7 * DAY


@pytest.mark.parametrize(("late", "upto"), [(1, 0), (160, 160)])
def test_a_first_digest_begins_a_day_before_its_hour_however_late_it_is_made(
    quick: Newsroom, late: int, upto: int
) -> None:
    quick.reader()
    for name, minutes in (("before", -1), ("within", 1)):
        quick.now = SEVEN - DAY + timedelta(minutes=minutes)
        quick.news(name, severity=3)
    quick.now = SEVEN + timedelta(minutes=late)
    quick.publish()
    (content,) = quick.contents()
    assert [item.headline for item in content.items] == ["Headline of within"]
    assert content.covers_from == SEVEN - DAY
    assert content.covers_to == SEVEN + timedelta(minutes=upto)


def test_weekdays_and_weekly(quick: Newsroom) -> None:
    workdays = quick.reader("work", weekdays=[0, 1, 2, 3, 4])
    weekly = quick.reader("week", cadence=Cadence.WEEKLY, weekdays=[0])
    never = quick.reader("never", cadence=Cadence.NONE)
    quick.news("n", severity=3)
    for _ in range(12):
        quick.publish()
        quick.arrive()
        quick.later(days=1)
    assert [slot.key[-2:] for slot in digests_of(quick, workdays)] == [
        "05", "06", "09", "10", "11", "12", "13", "16",
    ]  # fmt: skip
    assert not any(content.catch_up for content in quick.contents())
    assert [slot.key[-2:] for slot in digests_of(quick, weekly)] == ["09", "16"]
    assert digests_of(quick, never) == []


def test_a_clock_that_went_backwards_does_not_silence_anybody(quick: Newsroom) -> None:
    quick.reader()
    quick.now = SEVEN + 300 * DAY
    quick.publish()
    quick.now = SEVEN
    assert quick.publish() == {Outcome.NOTHING: 1} or quick.publish() == {}
    with quick.app.db.read() as session:
        assert session.scalar(select(Subscriber.next_due_at)) == SEVEN + DAY


# A digest that reaches nobody --------------------------------------------------------------


@pytest.mark.parametrize("end", [State.FAILED, State.EXPIRED, State.SUPPRESSED])
def test_what_a_digest_had_to_tell_that_never_arrived_is_in_the_next(
    room: Newsroom, end: State
) -> None:
    room.reader(kinds=["digest"])
    room.news("before", severity=3)
    room.publish()
    room.arrive()
    for day, news in ((1, "lost"), (2, "fresh")):
        room.now = SEVEN + day * DAY - timedelta(hours=2)
        room.news(news, severity=3)
        room.now = SEVEN + day * DAY
        assert room.publish() == {Outcome.EDITION: 1}
        if news == "lost":
            with room.app.db.begin() as session:
                session.execute(
                    update(Delivery).where(Delivery.state == State.PENDING).values(state=end)
                )
    content = room.contents()[-1]
    assert sorted(item.headline for item in content.items) == [
        "Headline of fresh",
        "Headline of lost",
    ]
    assert content.covers_from == SEVEN
    assert content.catch_up
    room.arrive()
    room.now = SEVEN + 3 * DAY
    assert room.publish() == {Outcome.NOTHING: 1}, "nothing is told twice"


MONDAY = datetime(2026, 10, 19, 6, tzinfo=UTC)  # 07:00 in London; the week after, clocks go back
ONE_DAY_A_WEEK = ({"cadence": Cadence.WEEKLY, "weekdays": [0]}, {"weekdays": [0]})


@pytest.mark.parametrize("schedule", ONE_DAY_A_WEEK, ids=["weekly", "mondays"])
@pytest.mark.parametrize("late", [timedelta(), timedelta(hours=11)], ids=["in time", "late"])
@pytest.mark.parametrize("fails", [False, True], ids=["", "after one that failed"])
def test_a_digest_of_a_week_loses_none_of_its_hours(
    quick: Newsroom, schedule: dict[str, Any], late: timedelta, fails: bool
) -> None:
    quick.app.settings = quick.app.settings.model_copy(update={"lookback_days": 1})
    quick.now = MONDAY
    quick.reader(**schedule, zone="Europe/London", kinds=["digest"])
    quick.publish()
    quick.arrive()
    quick.later(minutes=1)
    quick.news("early", severity=3)
    for week in range(1, 3 if fails else 2):
        quick.now = MONDAY + week * 7 * DAY + timedelta(hours=1) + late
        quick.publish()
        if week == 1 and fails:
            with quick.app.db.begin() as session:
                session.execute(update(Delivery).values(state=State.FAILED))
    assert [item.headline for item in quick.contents()[-1].items] == ["Headline of early"]
    assert quick.contents()[-1].covers_from == MONDAY


def test_after_a_first_weekly_digest_that_failed_the_next_says_that_it_covers_both(
    quick: Newsroom,
) -> None:
    quick.news(severity=3)
    quick.reader(cadence=Cadence.WEEKLY, weekdays=[3], kinds=["digest"])
    quick.publish()
    with quick.app.db.begin() as session:
        session.execute(update(Delivery).values(state=State.FAILED))
    quick.now = SEVEN + 7 * DAY
    quick.publish()
    assert quick.contents()[-1].covers_from == SEVEN - 7 * DAY


@pytest.mark.parametrize("welcomed", [True, False], ids=["", "the first ones"])
@pytest.mark.parametrize(("failures", "told"), [(3, True), (5, False)])
def test_weekly_digests_that_failed_lose_nothing_of_five_weeks(
    quick: Newsroom, welcomed: bool, failures: int, told: bool
) -> None:
    quick.reader(cadence=Cadence.WEEKLY, weekdays=[3], kinds=["digest"])
    if welcomed:
        quick.publish()
        quick.arrive()
        quick.later(minutes=1)
    else:
        quick.later(days=-6)
    quick.news("old", severity=3)
    heading = SEVEN if welcomed else SEVEN - 7 * DAY
    for week in range(failures + 1):
        quick.now = SEVEN + (week + welcomed) * 7 * DAY
        if week:
            quick.news(f"of week {week}", severity=3, visible_at=quick.now - timedelta(hours=2))
        quick.publish()
        if week < failures:
            with quick.app.db.begin() as session:
                waiting = update(Delivery).where(Delivery.state == State.PENDING)
                session.execute(waiting.values(state=State.FAILED))
    content = quick.contents()[-1]
    assert ("Headline of old" in [item.headline for item in content.items]) is told
    assert content.covers_from == (heading if told else quick.now - 36 * DAY)
    assert content.catch_up


def test_after_a_first_digest_that_failed_the_next_tells_what_its_heading_says(
    quick: Newsroom,
) -> None:
    for name, days in (("ancient", 3), ("old", 0.5)):
        quick.now = SEVEN - days * DAY
        quick.news(name, severity=3)
    quick.now = SEVEN
    quick.reader(kinds=["digest"])
    quick.publish()
    with quick.app.db.begin() as session:
        session.execute(update(Delivery).values(state=State.FAILED))
    quick.now = SEVEN + DAY
    quick.publish()
    content = quick.contents()[-1]
    assert [item.headline for item in content.items] == ["Headline of old"]
    assert content.covers_from == SEVEN - DAY


def test_a_digest_that_waits_still_gives_way_to_the_next(room: Newsroom) -> None:
    room.reader(kinds=["digest"])
    for day, news in ((0, "old"), (1, "new")):
        room.now = SEVEN + day * DAY - timedelta(hours=2)
        room.news(news, severity=3)
        room.now = SEVEN + day * DAY
        room.publish()
    assert [(row.state, row.reason) for row in room.rows(Delivery)] == [
        (State.SUPPRESSED, "superseded"),
        (State.PENDING, None),
    ]
    assert len(room.contents()[-1].items) == 2


async def test_one_that_waits_for_one_destination_and_reached_another_goes_out_before_the_next(
    room: Newsroom,
) -> None:
    room.reader(kinds=["digest"], destinations={"email": "m@x", "telegram": "7"})
    room.telegram.script = [RetryLater("not_connected", retry_after=23 * 3600)]
    for news, late in (("old", 2), ("new", 0)):
        room.now = SEVEN - timedelta(hours=2) + (DAY if news == "new" else timedelta(0))
        room.news(news, severity=3)
        room.later(hours=2 + late)
        room.publish()
        await room.drain()
    assert len(room.telegram.sent) == 1, "not before the provider will have it"
    room.later(hours=1)
    await room.drain()
    assert [one.content.items[0].headline for one in room.email.sent] == [
        "Headline of old",
        "Headline of new",
    ]
    tried, *told = [one.content for one in room.telegram.sent]
    assert told == [one.content for one in room.email.sent]
    assert tried == told[0]


def test_one_destination_that_got_it_is_enough(room: Newsroom) -> None:
    room.reader(kinds=["digest"], destinations={"email": "m@x", "slack": "C1"})
    room.news("told", severity=3)
    room.publish()
    with room.app.db.begin() as session:
        for channel, state in (("email", State.SENT), ("slack", State.FAILED)):
            session.execute(update(Delivery).where(Delivery.channel == channel).values(state=state))
    room.now = SEVEN + DAY
    assert room.publish() == {Outcome.NOTHING: 1}


def test_who_wants_no_digests_costs_nothing_each_time(room: Newsroom) -> None:
    for number in range(3):
        room.reader(f"r{number}", cadence="none")
    room.publish()
    room.later(seconds=20)
    with counting(room.app.db.engine) as asked:
        room.publish()
    assert not any("FROM schedules" in one for one in asked), "nobody is looked at"


# Nothing is lost between two digests -------------------------------------------------------

STEP = st.tuples(
    st.sampled_from(["tick", "news", "embargo", "revise", "backdate", "move"]),
    st.integers(1, 30),  # hours until the next step
)


@pytest.fixture(scope="module")
def steps_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.mark.timeout(300)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, min_size=4, max_size=14))
@example(
    steps=[("tick", 12), ("tick", 16), ("move", 25), ("news", 1), ("move", 1)]
)  # a missed date
def test_each_reader_considers_each_visible_revision_once(
    steps: list[tuple[str, int]], steps_folder: Path
) -> None:
    """Windows are half-open ranges of the order of becoming visible: without gap or overlap."""
    with set_up_copy(steps_folder) as app:
        app.settings = app.settings.model_copy(update={"lookback_days": 60})
        room = Newsroom(app, now=datetime(2026, 3, 1, 6, tzinfo=UTC))
        room.news("beginning", severity=3)
        room.publish()
        readers = {zone: room.reader(zone.replace("/", "-"), zone=zone) for zone in ZONES[:3]}
        considered: dict[int, list[tuple[int, int]]] = {one: [] for one in readers.values()}
        window = digests.Desk.window

        def noting(desk: digests.Desk, task: digests.Task) -> Any:
            found = window(desk, task)
            if task.window_from is not None:  # a first digest looks back as far as it likes
                places = considered[task.account.subscriber.id]
                places += [(one.event_id, one.revision) for one in found]
            return found

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(digests.Desk, "window", noting)
            each_alone(patch)
            for number, (step, hours) in enumerate(steps):
                if step == "news":
                    room.news(f"n{number}", severity=3)
                elif step == "embargo":
                    room.news(f"e{number}", visible_at=room.now + timedelta(hours=hours / 2))
                elif step == "revise":
                    room.news("beginning", severity=3, headline=f"Changed {number}")
                elif step == "backdate":
                    room.news(f"b{number}", visible_at=room.now - timedelta(hours=hours))
                elif step == "move":
                    change(room, readers[ZONES[0]], zone=ZONES[hours % len(ZONES)])
                room.publish()
                room.arrive()
                room.later(hours=hours)
            for _ in range(8):  # until everybody had a digest after the last step
                room.publish()
                room.arrive()
                room.later(hours=6)
        for reader in readers.values():
            check(room, reader, considered[reader])


def check(room: Newsroom, reader: int, considered: list[tuple[int, int]]) -> None:
    made = [slot for slot in digests_of(room, reader) if slot.window_to is not None]
    windows = [(slot.window_from, slot.window_to) for slot in made]
    assert all(a[1] == b[0] for a, b in pairwise(windows))
    assert len(considered) == len(set(considered)), "considered twice"
    first = made[0].window_to or 0
    last = made[-1].window_to or 0
    visible = room.rows(Revision, Revision.seq > first, Revision.seq <= last)
    expected = set()
    for low, high in windows[1:]:
        newest: dict[int, int] = {}
        for row in visible:
            if (low or 0) < (row.seq or 0) <= (high or 0):
                newest[row.event_id] = max(newest.get(row.event_id, 0), row.number)
        expected |= set(newest.items())
    assert set(considered) == expected
