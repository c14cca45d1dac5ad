"""Readers who are alike are decided about once, and get just what each alone would have got."""

import random
from collections.abc import Callable
from datetime import time, timedelta
from functools import cache
from typing import Any

import pytest
from databases import set_up_copy
from groups import each_alone
from newsroom import DAY, SEVEN, Newsroom, counting
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from digest.edit import compose
from digest.models import (
    Delivery,
    Edition,
    Follow,
    Interest,
    List,
    ListMember,
    Schedule,
    Slot,
    Subscriber,
)
from digest.models.words import DeliveryState as State
from digest.models.words import Outcome, SubscriberState
from digest.services.app import App
from digest.services.planning import publish as planning
from digest.services.planning.publish import Shard, plan_shard, shards
from digest.store import due

FOLLOWED = ("iran", "gulf", "yemen", "sahel", "mali", "africa")
ZONES = ("Europe/London", "America/New_York", "Asia/Kolkata")
KINDS = {1: ["alert"], 5: ["digest"], 7: ["digest"]}
READERS = 24
DAYS = 5


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both, now=SEVEN)


def people(room: Newsroom, dice: random.Random) -> None:
    """Readers of few kinds: own Follows, Lists, mutes, pauses, zones, several Destinations."""
    with room.app.db.begin() as session:
        ids = {row.slug: row.id for row in session.execute(select(Interest.slug, Interest.id))}
        for number in range(2):
            group = List(key=f"desk-{number}", name=f"Desk {number}")
            session.add(group)
            session.flush()
            session.add(Follow(list_id=group.id, interest_id=ids[FOLLOWED[number]]))
            if number:
                session.add(Schedule(list_id=group.id, at=time(7), quiet_from=time(22)))
    for number in range(READERS):
        kind = dice.randrange(6)
        mine = room.reader(
            f"r{number}",
            follows=FOLLOWED[kind : kind + 2],
            destinations={"email": f"r{number}@x", "slack": f"C{number}"}
            if number % 3 == 0
            else None,
            kinds=KINDS.get(number % 11, ("digest", "alert")),
            follow={"from_severity": 3} if kind == 3 else {},
            person={"locale": "ar"} if kind == 5 else {},
            zone=ZONES[kind % 3],
            at=time(7) if kind % 3 == 0 else time(2) if kind % 3 == 1 else time(12, 30),
            when_nothing="line" if kind == 4 else "skip",
            quiet_from=time(1) if kind == 2 else None,
            quiet_to=time(15) if kind == 2 else None,
        )
        with room.app.db.begin() as session:
            for place in dice.sample((1, 2), dice.choice((0, 0, 1, 2))):
                session.add(ListMember(list_id=place, subscriber_id=mine))
            if number % 7 == 0:
                own = select(Schedule).where(Schedule.subscriber_id == mine)
                session.delete(session.scalars(own).one())
            if number % 8 == 5:
                interest = ids["iran"]
                held = select(Follow).where(
                    Follow.subscriber_id == mine, Follow.interest_id == interest
                )
                follow = session.scalars(held).first() or Follow(
                    subscriber_id=mine, interest_id=interest
                )
                follow.muted = True
                session.add(follow)
            if number == 9:
                person = session.get_one(Subscriber, mine)
                person.state, person.paused_until = SubscriberState.PAUSED, SEVEN + 2 * DAY


def live(room: Newsroom, dice: random.Random) -> None:
    """Some days: news, corrections, alerts, failures, hours in which nobody planned."""
    for day in range(DAYS):
        for number in range(6):
            room.now = SEVEN + day * DAY - timedelta(hours=dice.uniform(1, 20))
            named = dice.choice(("Iran", "Yemen", "Mali", "Gulf"))
            again = dice.random() < 0.3
            more: dict[str, Any] = {}
            if again and dice.random() < 0.4:
                more = {"correction": {"wrong": "Ten dead", "right": "Nine dead"}}
            room.news(
                f"n{(day - again) * 10 + number}",
                severity=dice.randint(2, 5),
                headline=f"Headline {number} of {day}",
                interests=[{"name": named, "role": "primary"}],
                story={"title": f"Story of {named}", "slug": f"story-{named.lower()}"},
                **more,
            )
            if number % 2:
                room.alert()
        room.now = SEVEN + day * DAY
        part_of_them_arrive(room, dice)
        if day == 2:
            continue
        for hours in (0, 0.2, 5, 9):
            room.now = SEVEN + day * DAY + timedelta(hours=hours)
            room.release()
            room.publish()
            part_of_them_arrive(room, dice)


def part_of_them_arrive(room: Newsroom, dice: random.Random) -> None:
    """In the order of who they are for, which is the same however they were planned."""
    with room.app.db.begin() as session:
        waiting = session.scalars(
            select(Delivery)
            .where(Delivery.state.in_((State.PENDING, State.RETRY)))
            .order_by(Delivery.destination_id, Delivery.slot)
        )
        for row in waiting:
            row.state = dice.choice(
                (State.SENT, State.SENT, State.SENT, State.FAILED, State.RETRY, State.SENDING)
            )
            if row.state == State.SENT:
                row.sent_at = room.now + timedelta(seconds=dice.choice((5, 6, 4_000)))
            row.not_before = room.now + timedelta(hours=20) if row.state == State.RETRY else None


def ledger(room: Newsroom) -> dict[str, list[Any]]:
    """All that was decided and is to be told; Editions by what they say, as numbers may differ."""
    with room.app.db.read() as session:
        says = {one.id: one.content_key for one in session.scalars(select(Edition))}
        slots = [
            {
                name: says.get(value) if name == "edition_id" else value
                for name, value in columns(session, slot).items()
            }
            for slot in session.scalars(
                select(Slot).order_by(Slot.subscriber_id, Slot.kind, Slot.key)
            )
        ]
        deliveries = [
            {
                name: says[value] if name == "edition_id" else value
                for name, value in columns(session, one).items()
            }
            for one in session.scalars(
                select(Delivery).order_by(Delivery.destination_id, Delivery.slot)
            )
        ]
        hours = [
            (one.id, one.next_due_at)
            for one in session.scalars(select(Subscriber).order_by(Subscriber.id))
        ]
    return {
        "slots": slots,
        "deliveries": deliveries,
        "editions": sorted(says.values()),
        "hours": hours,
    }


def columns(session: Session, row: Any) -> dict[str, Any]:
    return {one.name: getattr(row, one.name) for one in row.__table__.columns if one.name != "id"}


def a_world(app: App, seed: int) -> Newsroom:
    room = Newsroom(app, now=SEVEN - DAY)
    dice = random.Random(seed)
    people(room, dice)
    live(room, dice)
    return room


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], dict[str, Any]]:
    """What each reader alone gets in the world of a seed: to be held against both databases."""

    @cache
    def found(seed: int) -> dict[str, Any]:
        with pytest.MonkeyPatch.context() as patch:
            each_alone(patch)
            with set_up_copy(tmp_path_factory.mktemp("alone")) as app:
                return ledger(a_world(app, seed))

    return found


@pytest.mark.parametrize("seed", range(4))
def test_all_rows_are_those_that_each_reader_alone_would_get(
    app_on_both: App, seed: int, alone: Callable[[int], dict[str, Any]]
) -> None:
    together, expected = ledger(a_world(app_on_both, seed)), alone(seed)
    assert {slot["outcome"] for slot in expected["slots"]} >= {
        Outcome.EDITION,
        Outcome.NOTHING,
        Outcome.FOLDED,
    }
    told = [slot for slot in expected["slots"] if slot["edition_id"]]
    assert len(expected["editions"]) < len(told), "some are alike"
    for name, rows in expected.items():
        assert together[name] == rows, name


def test_those_who_are_alike_are_composed_for_once_in_however_many_pages(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "PAGE", 4)
    for number in range(10):
        room.reader(f"r{number}")
    room.news(severity=3)
    made: list[int] = []
    work = compose.digest
    monkeypatch.setattr(compose, "digest", lambda *given: made.append(1) or work(*given))
    assert room.publish() == {Outcome.EDITION: 10}
    assert len(made) == 1
    assert len(room.rows(Delivery)) == 10


def test_what_a_page_that_failed_had_found_out_is_not_gone_by(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its Editions were never stored."""
    for number in range(3):
        room.reader(f"r{number}")
    room.news(severity=3)
    hours = planning.spread.next_hours
    failures = [ZeroDivisionError("of no use")]

    def failing_once(*given: Any) -> None:
        if failures:
            raise failures.pop()
        hours(*given)

    monkeypatch.setattr(planning.spread, "next_hours", failing_once)
    assert room.publish() == {Outcome.EDITION: 3}
    assert {row.edition_id for row in room.rows(Delivery)} == {room.rows(Edition)[0].id}


# Shards ------------------------------------------------------------------------------------


def test_shards_hold_everybody_once_and_those_who_are_alike_together(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "PAGE", 4)  # more are due than a page: profiles are reckoned
    for number in range(20):
        room.reader(f"r{number}", follows=FOLLOWED[number % 4 :][:2])
    room.news(severity=3)
    found = [Shard.of_json(one.as_json()) for one in shards(room.app, SEVEN, 5)]
    assert len(found) == 4
    profiles = {one.id: one.profile for one in room.rows(Subscriber)}
    assert len(set(profiles.values())) == 4
    for shard in reversed(found):
        before = {slot.subscriber_id for slot in room.slots()}
        assert sum(plan_shard(room.app, SEVEN, shard).values()) == 5
        mine = {slot.subscriber_id for slot in room.slots()} - before
        assert len({profiles[one] for one in mine}) == 1
    assert {slot.subscriber_id for slot in room.slots()} == set(profiles)
    assert shards(room.app, SEVEN, 5) == []
    assert plan_shard(room.app, SEVEN, found[0]) == {}, "nobody is due any more"


def test_who_is_new_after_the_division_is_in_one_of_the_shards(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or was in somebody's hand when profiles were reckoned."""
    monkeypatch.setattr(planning, "PAGE", 4)
    ids = [room.reader(f"r{number}") for number in range(10)]
    room.news(severity=3)
    found = shards(room.app, SEVEN, 5)
    ids.append(room.reader("new"))
    for shard in found:
        plan_shard(room.app, SEVEN, shard)
    assert {slot.subscriber_id for slot in room.slots()} == set(ids)


def test_large_shards_are_told_by_some_of_their_readers_and_hold_everybody_all_the_same(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "PAGE", 4)
    monkeypatch.setattr(due, "SAMPLED", 4)
    for number in range(48):
        room.reader(f"r{number}", follows=FOLLOWED[number % 4 :][:2])
    room.news(severity=3)
    found = shards(room.app, SEVEN, 16)  # by every fourth of them
    assert len(found) == 3
    planned = [sum(plan_shard(room.app, SEVEN, shard).values()) for shard in found]
    assert sum(planned) == 48
    assert all(planned)


def test_a_profile_that_is_wrong_does_no_harm(room: Newsroom) -> None:
    ours, theirs = room.reader("a"), room.reader("b", follows=["yemen"])
    with room.app.db.begin() as session:
        session.execute(update(Subscriber).values(profile=7))
    room.news(severity=3)
    assert room.publish() == {Outcome.EDITION: 1, Outcome.NOTHING: 1}
    assert [slot.subscriber_id for slot in room.slots() if slot.edition_id] == [ours]
    first, second = room.rows(Subscriber, Subscriber.id.in_([ours, theirs]))
    assert 7 != first.profile != second.profile != 7


def test_pages_need_as_many_queries_whatever_their_size(room: Newsroom) -> None:
    room.news(severity=3)
    asked_for = []
    for count in (3, 90):
        for number in range(count):
            room.reader(f"r{count}-{number}", follows=FOLLOWED[number % 3 :][:2])
        with counting(room.app.db.engine) as asked:
            plan_shard(room.app, SEVEN, Shard())
        asked_for.append(len(asked))
    assert asked_for[0] >= asked_for[1]
