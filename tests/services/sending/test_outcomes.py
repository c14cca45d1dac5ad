"""The provider says no: what becomes of the message, the address and the Channel."""

import random
from datetime import timedelta
from itertools import pairwise

import pytest
from newsroom import NOON, Newsroom, Sending

from digest.errors import (
    AddressMoved,
    AddressRefused,
    ChannelStopped,
    MessageRefused,
    RetryLater,
)
from digest.models import (
    AuditEntry,
    ChannelStop,
    Delivery,
    Destination,
)
from digest.models.words import DeliveryState as State
from digest.models.words import EditionKind
from digest.services.app import App
from digest.services.sending import outcomes


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


def destination_of(room: Newsroom, delivery_id: int) -> Destination:
    destination_id = room.delivery(delivery_id).destination_id
    (row,) = room.rows(Destination, Destination.id == destination_id)
    assert isinstance(row, Destination)
    return row


def audited(room: Newsroom) -> list[str]:
    return [row.action for row in room.rows(AuditEntry)]


async def test_what_surely_failed_is_tried_again_later_and_later(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader())
    waits = []
    for _ in range(6):
        room.email.script = [RetryLater("greylisted", "come back")]
        await room.drain()
        row = room.delivery(one)
        assert (row.state, row.reason, row.detail) == (State.RETRY, "greylisted", "come back")
        assert row.not_before is not None
        waits.append((row.not_before - room.now).total_seconds())
        room.now = row.not_before
    expected = [30, 120, 480, 1920, 3600, 3600]
    assert all(0.8 * e <= w <= 1.2 * e for w, e in zip(waits, expected, strict=True))
    assert not any(w in expected for w in waits), "jitter, or all would come back at once"
    await room.drain()
    assert room.delivery(one).state == State.SENT
    assert room.delivery(one).attempts == 7


async def test_the_providers_own_hour_is_kept_and_counts_as_no_attempt(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader())
    room.email.script = [RetryLater("rate_limited", retry_after=77)]
    await room.drain()
    row = room.delivery(one)
    assert row.not_before == NOON + timedelta(seconds=77)
    assert (row.state, row.attempts) == (State.RETRY, 0)
    room.later(seconds=76)
    assert not await room.drain()
    room.later(seconds=1)
    assert await room.drain() == {("alert", "email", "sent"): 1}


async def test_a_retry_that_would_come_too_late_has_failed(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader(), expires_at=NOON + timedelta(seconds=60))
    room.email.script = [RetryLater("rate_limited", retry_after=61)]
    await room.drain()
    assert (room.delivery(one).state, room.delivery(one).reason) == (State.FAILED, "rate_limited")


async def test_a_refused_message_fails_alone(room: Newsroom) -> None:
    room.deliveries_to_come(room.reader(), 5)
    room.email.refused = {"email-3": MessageRefused("too_large", "552")}
    assert await room.drain() == {("alert", "email", "sent"): 4, ("alert", "email", "failed"): 1}
    assert audited(room) == []


async def test_a_refused_address_is_paused_and_what_waits_for_it_stopped(room: Newsroom) -> None:
    maria = room.reader()
    (one,) = room.deliveries_to_come(maria)
    destination = destination_of(room, one)
    waiting = room.deliveries_to_come(
        maria, kind=EditionKind.DIGEST, not_before=NOON + timedelta(hours=1)
    )
    with room.app.db.begin() as session:
        session.get_one(Delivery, waiting[0]).destination_id = destination.id
    room.email.refused = {destination.address: AddressRefused("mailbox_unknown", "550 5.1.1")}
    await room.drain()
    destination = destination_of(room, one)
    assert (destination.disabled_at, destination.disabled_reason) == (NOON, "mailbox_unknown")
    assert room.delivery(one).state == State.FAILED
    row = room.delivery(waiting[0])
    assert (row.state, row.reason) == (State.SUPPRESSED, "mailbox_unknown")
    (entry,) = room.rows(AuditEntry)
    assert (entry.action, entry.subject) == ("destination paused", f"destination {destination.id}")
    assert entry.detail == {"reason": "mailbox_unknown", "detail": "550 5.1.1"}


async def test_an_address_changed_meanwhile_is_not_paused_for_the_old_one(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader())

    async def change(_: Sending) -> None:
        with room.app.db.begin() as session:
            row = session.get_one(Delivery, one)
            session.get_one(Destination, row.destination_id).address = "new@example.org"

    room.email.on_send = change
    room.email.script = [AddressRefused("mailbox_unknown")]
    await room.drain()
    assert destination_of(room, one).disabled_at is None


async def test_a_moved_address_is_kept_and_written_to_once_more(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader(), channel="telegram")
    room.telegram.script = [AddressMoved("migrated", moved_to="-100500")]
    await room.drain()
    assert room.telegram.addresses() == ["telegram-1", "-100500"]
    assert destination_of(room, one).address == "-100500"
    assert room.delivery(one).state == State.SENT
    assert audited(room) == ["destination moved"]


async def test_an_address_that_moves_on_and_on_is_not_followed_without_end(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader(), channel="telegram")
    room.telegram.script = [AddressMoved("migrated", moved_to=str(n)) for n in range(9)]
    await room.drain()
    assert len(room.telegram.sent) == 2
    assert room.delivery(one).state == State.RETRY


async def test_an_address_that_moved_to_one_we_have_ends(room: Newsroom) -> None:
    maria = room.reader(destinations={"telegram": "-100500"})
    (one,) = room.deliveries_to_come(maria, channel="telegram")
    room.telegram.script = [AddressMoved("migrated", moved_to="-100500")]
    await room.drain()
    assert len(room.telegram.sent) == 1
    destination = destination_of(room, one)
    assert (destination.address, destination.disabled_reason) == ("telegram-1", "moved")
    assert room.delivery(one).state == State.SUPPRESSED


async def test_a_channel_that_refuses_us_stops_for_a_while_and_loses_nothing(
    room: Newsroom,
) -> None:
    room.deliveries_to_come(room.reader(), 30)
    room.deliveries_to_come(room.reader("tom"), 3, channel="slack")
    room.email.script = [ChannelStopped("bad_login", "535")] * 30
    await room.drain()
    assert len(room.email.sent) <= room.email.limits.concurrency
    assert len(room.slack.sent) == 3, "others go on"
    with room.app.db.read() as session:
        stop = session.get_one(ChannelStop, "email")
    assert (stop.channel, stop.reason, stop.until) == (
        "email",
        "bad_login",
        NOON + timedelta(minutes=15),
    )
    assert audited(room) == ["channel stopped"]
    open_ = room.rows(Delivery, Delivery.channel == "email")
    assert {row.state for row in open_} <= {State.PENDING, State.RETRY}
    assert {row.attempts for row in open_} == {0}
    assert {row.lease_until for row in open_} == {None}

    room.forget_sent()
    room.email.script = []
    room.later(minutes=14)
    assert not await room.drain()
    room.later(minutes=2)
    assert await room.drain() == {("alert", "email", "sent"): 30}


def test_back_off_never_shrinks_much_and_is_bounded() -> None:
    longest = [max(outcomes.wait(n, random.Random(seed)) for seed in range(50)) for n in range(12)]
    assert all(a <= b * 1.5 for a, b in pairwise(longest))
    assert longest[-1] <= timedelta(hours=1.2)
