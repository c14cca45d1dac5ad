"""A database that goes away while messages are sent: what was sent is written down."""

import asyncio
from typing import Any

import pytest
from newsroom import IN_TIME, Newsroom, Sending, until

from digest.errors import (
    ConfigurationError,
    DatabaseAway,
    DatabaseFails,
)
from digest.models import Delivery
from digest.models.words import DeliveryState as State
from digest.services.app import App
from digest.services.sending import lanes
from digest.services.sending import outage as outages
from digest.services.sending.deliver import Deliverer, sweep
from digest.services.sending.outage import Outage
from digest.store import deliveries as ledger
from digest.store.database import Database
from digest.store.deliveries import ALERTS


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


async def test_results_wait_for_a_database_that_is_away_for_a_moment(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "WRITE_AGAIN", (0.0, 0.0, 0.0))
    room.deliveries_to_come(room.reader(), 3)
    write, calls = lanes.Lane._write_once, iter(range(100))

    def away(self: lanes.Lane, *given: object) -> set[int]:
        if next(calls) in (0, 2, 3):
            raise ConfigurationError("the database does not answer")
        return write(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(lanes.Lane, "_write_once", away)
    await room.drain()
    assert room.states() == [State.SENT] * 3
    assert len(room.email.sent) == 3


async def test_a_database_that_stays_away_is_said(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "WRITE_AGAIN", (0.0,))
    room.deliveries_to_come(room.reader(), 3)

    def fail(*_: object) -> object:
        raise ConfigurationError("the database does not answer")

    monkeypatch.setattr(lanes.Lane, "_write_once", fail)
    with pytest.raises(ConfigurationError, match="does not answer"):
        await room.drain()
    assert room.email.sent == [], "what is not written down as begun is not sent"


def for_long(room: Newsroom) -> Deliverer:
    """The deliverer of a process that waits for its database."""
    return Deliverer(room.app, room.clock, outage=Outage(room.app.db))


async def test_what_was_sent_before_an_outage_is_written_after_it_however_long_it_lasts(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "WRITE_AGAIN", (0.0,))
    monkeypatch.setattr(outages, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(outages, "LONGEST_WAIT", 0.01)
    explained, away, refused = Database.explained, False, 0

    def refuse(self: Database) -> object:
        nonlocal refused
        if away:
            refused += 1
            raise DatabaseAway("the database does not answer")
        return explained(self)

    monkeypatch.setattr(Database, "explained", refuse)

    async def unplug(_: Sending) -> None:
        nonlocal away
        away = True

    room.email.on_send = unplug
    (one,) = room.deliveries_to_come(room.reader())
    stop = asyncio.Event()
    # One lane: the others would find the database away as they look for work.
    serving = asyncio.create_task(for_long(room).turn("email", ALERTS, stop))
    await until(lambda: refused >= 20)
    room.later(hours=1)
    away = False
    sweep(room.app, room.now)  # another process is back first and takes the lease for lost
    await until(lambda: room.states() == [State.SENT])
    stop.set()
    await asyncio.wait_for(serving, IN_TIME)
    assert len(room.email.sent) == 1
    row = room.delivery(one)
    assert (row.attempts, row.unanswered, row.reference) == (1, 0, f"<{one}@email>")


async def test_what_was_sent_is_written_when_the_disk_has_room_again(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "WRITE_AGAIN", (0.0, 0.01))
    record, full = ledger.record, 20

    def no_room(*given: Any) -> None:
        nonlocal full
        if list(given[1]) and (full := full - 1) > 0:
            raise DatabaseFails("the disk is full")
        record(*given)

    (one,) = room.deliveries_to_come(room.reader())
    monkeypatch.setattr(ledger, "record", no_room)
    stop = asyncio.Event()
    serving = asyncio.create_task(for_long(room).drain(stop))
    await until(lambda: room.states() == [State.SENT])
    stop.set()
    await asyncio.wait_for(serving, IN_TIME)
    assert [sending.envelope.delivery_id for sending in room.email.sent] == [one]


async def test_an_end_does_not_wait_for_a_database_that_stays_away(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "WRITE_AGAIN", (0.0,))
    stop = asyncio.Event()
    room.deliveries_to_come(room.reader())

    def refuse(*_: object) -> object:
        raise DatabaseAway("the database does not answer")

    async def unplug(_: Sending) -> None:
        monkeypatch.setattr(lanes.Lane, "_write_once", refuse)
        stop.set()

    room.email.on_send = unplug
    await asyncio.wait_for(for_long(room).drain(stop), IN_TIME)
    assert room.states() == [State.SENDING], "the next start finds it"


@pytest.mark.parametrize("trouble", [DatabaseAway, DatabaseFails])
async def test_what_was_claimed_and_can_not_be_read_is_given_back(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch, trouble: type[ConfigurationError]
) -> None:
    """Its lease would keep everybody from it for two minutes, while its worker lives."""
    room.deliveries_to_come(room.reader(), 30)
    read, fails = lanes.parcels, [trouble("all connections are busy")]

    def once(*given: Any) -> Any:
        if fails:
            raise fails.pop()
        return read(*given)

    monkeypatch.setattr(lanes, "parcels", once)
    with pytest.raises(trouble):
        await room.drain()
    assert {row.lease_until for row in room.rows(Delivery)} == {None}
    assert await room.drain() == {("alert", "email", "sent"): 30}


async def test_who_serves_sends_it_as_soon_as_the_database_is_back(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages, "FIRST_WAIT", 0.01)
    room.deliveries_to_come(room.reader(), 3)
    read, write, fails = lanes.parcels, lanes.Lane._give_back, ["read", "write", "write"]

    def refuse(step: str) -> None:
        if fails and fails[0] == step:
            raise DatabaseAway(f"{fails.pop(0)}: the database does not answer")

    def reading(*given: Any) -> Any:
        refuse("read")
        return read(*given)

    def writing(*given: Any) -> Any:
        refuse("write")
        return write(*given)

    monkeypatch.setattr(lanes, "parcels", reading)
    monkeypatch.setattr(lanes.Lane, "_give_back", writing)
    async with asyncio.timeout(IN_TIME):
        await for_long(room).turn("email", ALERTS, asyncio.Event())
    assert (fails, room.states()) == ([], [State.SENT] * 3)


async def test_what_is_in_stock_when_nothing_can_be_written_is_given_back(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "WRITE_AGAIN", (0.0,))
    room.deliveries_to_come(room.reader(), 30)
    begin, fails = ledger.begin, [DatabaseFails("the disk is full")] * 2

    def twice(*given: Any) -> set[int]:
        if fails:
            raise fails.pop()
        return begin(*given)

    monkeypatch.setattr(ledger, "begin", twice)
    with pytest.raises(DatabaseFails):
        await room.drain()
    rows = room.rows(Delivery, Delivery.state == State.PENDING)
    assert len(rows) >= 30 - room.email.limits.concurrency
    assert {row.lease_until for row in rows} == {None}
