"""Deliver: what becomes of messages, whatever a provider answers."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from newsroom import NOON, FakeChannel, Newsroom, Sending, counting

from digest.channels.base import Receipt
from digest.errors import (
    AddressMoved,
    AddressRefused,
    ChannelStopped,
    ConfigurationError,
    DatabaseAway,
    DatabaseFails,
    MessageRefused,
    RetryLater,
    Unanswered,
)
from digest.models import (
    AuditEntry,
    ChannelStop,
    Delivery,
    Destination,
    Edition,
    Subscriber,
    Suppression,
)
from digest.models.content import EditionContent
from digest.models.words import Code, EditionKind, SubscriberState
from digest.models.words import DeliveryState as State
from digest.services.app import App
from digest.services.sending import attempts, lanes, outcomes
from digest.services.sending import outage as outages
from digest.services.sending.deliver import Deliverer, resume, summary, sweep
from digest.services.sending.outage import Outage
from digest.services.sending.workers import gone, worker_name
from digest.store import deliveries as ledger
from digest.store.database import Database
from digest.store.deliveries import ALERTS

DIGEST = EditionKind.DIGEST


IN_TIME = 30  # seconds: for a machine with much else to do


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(IN_TIME):
        while not true():
            await asyncio.sleep(0.01)


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


# Everything goes well ----------------------------------------------------------------------


async def test_all_that_is_due_is_sent_once_and_recorded(room: Newsroom) -> None:
    room.deliveries_to_come(room.reader(), 30)
    room.deliveries_to_come(room.reader("tom"), 3, DIGEST, "slack")
    done = await room.drain()
    assert done == {("alert", "email", "sent"): 30, ("digest", "slack", "sent"): 3}
    assert summary(done)[0] == {
        "kind": "alert",
        "channel": "email",
        "state": "sent",
        "count": 30,
    }
    assert set(room.states()) == {State.SENT}
    assert len(set(room.email.addresses())) == len(room.email.sent) == 30
    assert not await room.drain()


async def test_a_claim_is_committed_before_anything_is_sent(room: Newsroom) -> None:
    room.deliveries_to_come(room.reader(), 9)
    seen: list[str] = []

    async def look(sending: Sending) -> None:
        other = Database(room.app.settings.database_url)  # what somebody else sees
        with other.read() as session:
            row = session.get_one(Delivery, sending.envelope.delivery_id)
            seen.append(row.state)
        other.dispose()

    room.email.on_send = look
    await room.drain()
    assert seen == [State.SENDING] * 9


async def test_no_connection_is_held_while_sending(room: Newsroom) -> None:
    """One at a time, so that nobody else's result is being written meanwhile."""
    room.email.limits = FakeChannel(concurrency=1).limits
    room.deliveries_to_come(room.reader(), 5)
    held: list[int] = []

    async def look(_: Sending) -> None:
        for _ in range(100):  # other lanes look whether there is something for them
            await asyncio.sleep(0.05)
            if room.app.db.engine.pool.checkedout() == 0:
                break
        held.append(room.app.db.engine.pool.checkedout())

    room.email.on_send = look
    await room.drain()
    assert held == [0] * 5


async def test_no_more_are_under_way_than_the_channel_allows(room: Newsroom) -> None:
    room.deliveries_to_come(room.reader(), 40)
    under_way: list[int] = []

    async def look(_: Sending) -> None:
        await asyncio.sleep(0.001)
        with room.app.db.read() as session:
            under_way.append(ledger.counts(session)["email", State.SENDING])

    room.email.on_send = look
    await room.drain()
    assert room.email.most_at_once <= room.email.limits.concurrency
    assert max(under_way) <= room.email.limits.concurrency


async def test_a_slow_message_holds_up_no_other(room: Newsroom) -> None:
    slow, *rest = room.deliveries_to_come(room.reader(), 20)
    others_done = asyncio.Event()

    async def wait(sending: Sending) -> None:
        if sending.envelope.delivery_id == slow:
            await asyncio.wait_for(others_done.wait(), IN_TIME)
        elif len(room.email.sent) == 1 + len(rest):
            others_done.set()

    room.email.on_send = wait
    assert await room.drain() == {("alert", "email", "sent"): 20}


async def test_alerts_do_not_wait_behind_digests_nor_for_other_channels(room: Newsroom) -> None:
    maria = room.reader()
    room.deliveries_to_come(maria, 8, DIGEST)
    room.deliveries_to_come(maria, 8, DIGEST, "telegram")
    room.deliveries_to_come(maria, 5)
    alerts_out = asyncio.Event()

    async def digests_wait(sending: Sending) -> None:
        if sending.content.kind == DIGEST:
            await asyncio.wait_for(alerts_out.wait(), IN_TIME)
        elif sum(one.content.kind == EditionKind.ALERT for one in room.email.sent) == 5:
            alerts_out.set()

    room.email.on_send = room.telegram.on_send = digests_wait
    await room.drain()
    assert set(room.states()) == {State.SENT}


async def test_many_messages_need_few_transactions(room: Newsroom) -> None:
    room.email.limits = FakeChannel(concurrency=16).limits
    room.deliveries_to_come(room.reader(), 160)
    with counting(room.app.db.engine) as asked:
        await room.drain()
    updates = sum(one.startswith("UPDATE deliveries SET state") for one in asked)
    assert updates < 160 / 2


@pytest.mark.parametrize("count", [1, 60])
async def test_a_batch_is_loaded_with_as_many_queries_as_one(room: Newsroom, count: int) -> None:
    room.deliveries_to_come(room.reader(), count)
    lane = next(iter(Deliverer(room.app, room.clock)._lanes.values()))
    assert (lane.channel, lane.priority) == (room.email, ALERTS)
    with counting(room.app.db.engine) as asked:
        claimed = lane._claim()
    assert claimed is not None
    assert len(claimed) == count
    assert len(asked) == 5  # stopped, take; editions, their contents, recipients


# The provider says no ----------------------------------------------------------------------


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
    waiting = room.deliveries_to_come(maria, kind=DIGEST, not_before=NOON + timedelta(hours=1))
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


# Nobody answers ----------------------------------------------------------------------------


async def test_email_is_sent_again_once_with_the_same_slot_and_stays_unknown(
    room: Newsroom,
) -> None:
    (one,) = room.deliveries_to_come(room.reader())
    room.email.script = [Unanswered("no_answer")]
    await room.drain()
    first, again = room.email.sent
    assert (first.envelope.delivery_id, first.envelope.slot) == (
        again.envelope.delivery_id,
        again.envelope.slot,
    )  # the Message-ID is made of these
    assert (first.envelope.resent, again.envelope.resent) == (False, True)
    row = room.delivery(one)
    assert (row.state, row.reason) == (State.UNKNOWN, "may_be_twice")
    assert (row.reference, row.unanswered) == (f"<{one}@email>", 1)
    room.later(days=2)
    assert not await room.drain()


async def test_a_digest_waits_ten_minutes_before_it_is_sent_again(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader(), kind=DIGEST)
    room.email.script = [Unanswered("no_answer")]
    await room.drain()
    assert room.delivery(one).not_before == NOON + timedelta(minutes=10)
    room.later(minutes=10)
    await room.drain()
    assert room.delivery(one).reason == "may_be_twice"


async def test_unanswered_twice_it_is_left_as_it_is(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader())
    room.email.script = [Unanswered("no_answer")] * 5
    await room.drain()
    assert len(room.email.sent) == 2
    row = room.delivery(one)
    assert (row.state, row.unanswered, row.not_before) == (State.UNKNOWN, 2, None)


async def test_slack_is_asked_and_says_that_it_has_it(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader(), channel="slack")
    room.slack.script = [Unanswered("no_answer")]
    room.slack.kept = {"slack-1": Receipt("C1:1.2")}
    await room.drain()
    assert len(room.slack.sent) == 1
    row = room.delivery(one)
    assert (row.state, row.reference, row.attempts) == (State.SENT, "C1:1.2", 1)


async def test_a_telegram_alert_is_sent_again_and_a_digest_left(room: Newsroom) -> None:
    maria = room.reader()
    (alert,) = room.deliveries_to_come(maria, channel="telegram")
    (digest,) = room.deliveries_to_come(maria, kind=DIGEST, channel="telegram")

    async def fall_silent_at_first(sending: Sending) -> None:
        if not sending.envelope.resent:
            raise Unanswered("no_answer")

    room.telegram.on_send = fall_silent_at_first
    await room.drain()
    room.later(minutes=10)
    await room.drain()
    kinds = [one.content.kind for one in room.telegram.sent]
    assert sorted(kinds) == ["alert", "alert", "digest"]
    assert room.delivery(alert).reason == "may_be_twice"
    row = room.delivery(digest)
    assert (row.state, row.reason, row.not_before) == (State.UNKNOWN, "unanswered", None)


async def test_what_may_have_arrived_is_never_said_to_have_failed(room: Newsroom) -> None:
    """Or a correction would not reach whoever got it."""
    ids = room.deliveries_to_come(room.reader(), 3)
    room.email.script = [Unanswered("no_answer")] * 3
    room.email.refused = {}
    answers = {
        "email-1": MessageRefused("too_large"),
        "email-2": RetryLater("busy"),
        "email-3": AddressRefused("mailbox_unknown"),
    }

    async def second_time(sending: Sending) -> None:
        if sending.envelope.resent:
            room.email.refused = {sending.address: answers[sending.address]}

    room.email.on_send = second_time
    await room.drain()
    rows = [room.delivery(one) for one in ids]
    assert [row.state for row in rows] == [State.UNKNOWN] * 3
    assert {row.unanswered for row in rows} == {1}, "a refusal is an answer"
    assert [row.not_before is None for row in rows] == [True, False, True]


async def test_a_channel_that_breaks_its_promise_may_have_sent(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader(), kind=DIGEST)
    room.email.script = [ZeroDivisionError()]
    await room.drain()
    assert (room.delivery(one).state, room.delivery(one).reason) == (
        State.UNKNOWN,
        "channel_error",
    )


async def test_a_channel_that_hangs_is_given_up_before_its_lease_ends(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ledger.LEASE.total_seconds() > attempts.SEND_SECONDS
    monkeypatch.setattr(attempts, "SEND_SECONDS", 0.05)
    (one,) = room.deliveries_to_come(room.reader(), kind=DIGEST)

    async def hang(_: Sending) -> None:
        await asyncio.sleep(60)

    room.email.on_send = hang
    await room.drain()
    assert (room.delivery(one).state, room.delivery(one).reason) == (State.UNKNOWN, "no_answer")


async def test_what_fails_before_it_is_handed_over_is_tried_again_without_a_mark(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "SEND_SECONDS", 0.05)
    one, other = room.deliveries_to_come(room.reader(), 2)

    async def wait_for_a_turn(sending: Sending) -> None:
        if sending.envelope.delivery_id == one:
            await asyncio.sleep(60)

    room.email.hesitates = True
    room.email.on_send = wait_for_a_turn
    room.email.script = [ZeroDivisionError()]
    await room.drain()
    rows = [room.delivery(each) for each in (one, other)]
    assert [(row.state, row.reason) for row in rows] == [
        (State.RETRY, "no_answer"),
        (State.RETRY, "channel_error"),
    ]
    room.email.on_send = None
    room.later(minutes=1)
    await room.drain()
    rows = [room.delivery(each) for each in (one, other)]
    assert [(row.state, row.unanswered) for row in rows] == [(State.SENT, 0)] * 2


async def test_an_answer_that_fails_to_come_when_asked_after_a_post_is_no_second_post(
    room: Newsroom,
) -> None:
    (one,) = room.deliveries_to_come(room.reader(), channel="slack")
    room.slack.script = [Unanswered("cut_off")]
    await room.drain()
    room.slack.recovery = [Unanswered("cut_off"), Unanswered("timed_out")]
    for _ in range(3):
        room.later(minutes=10)
        await room.drain()
    row = room.delivery(one)
    assert (row.state, row.reason, row.unanswered) == (State.UNKNOWN, "may_be_twice", 1)
    assert len(room.slack.sent) == 2


# Not to be sent after all ------------------------------------------------------------------


async def test_a_template_error_touches_one_delivery_only(room: Newsroom) -> None:
    ids = room.deliveries_to_come(room.reader(), 3)
    room.email.broken = {
        "email-1": ConfigurationError("templates/email/alert/body.mjml:3: 'x' is undefined"),
        "email-2": KeyError("address@example.org"),
    }
    await room.drain()
    rows = [room.delivery(one) for one in ids]
    assert [row.state for row in rows] == [State.FAILED, State.FAILED, State.SENT]
    assert rows[0].detail == "templates/email/alert/body.mjml:3: 'x' is undefined"
    assert (rows[1].reason, rows[1].detail) == ("template", "KeyError")


async def test_an_edition_that_cannot_be_read_stops_no_other(room: Newsroom) -> None:
    maria = room.reader()
    (bad,) = room.deliveries_to_come(maria)
    with room.app.db.begin() as session:
        edition = session.get_one(Edition, session.get_one(Delivery, bad).edition_id)
        edition.content = {"kind": "alert", "nonsense": 1}
    other = EditionContent(kind=EditionKind.ALERT, day=NOON.date(), at=NOON, matched=7)
    (good,) = room.deliveries_to_come(maria, content=other)
    await room.drain()
    assert (room.delivery(bad).state, room.delivery(bad).reason) == (State.FAILED, "content")
    assert room.delivery(good).state == State.SENT


@pytest.mark.parametrize(
    ("state", "until", "reason"),
    [
        (SubscriberState.LEFT, None, "unsubscribed"),
        (SubscriberState.PAUSED, None, "paused"),
        (SubscriberState.PAUSED, NOON + timedelta(hours=1), "paused"),
        (SubscriberState.PAUSED, NOON, None),
    ],
)
async def test_who_left_or_paused_is_not_written_to(
    room: Newsroom, state: str, until: object, reason: str | None
) -> None:
    maria = room.reader()
    (one,) = room.deliveries_to_come(maria)
    with room.app.db.begin() as session:
        person = session.get_one(Subscriber, maria)
        person.state, person.paused_until = state, until  # type: ignore[assignment]
    await room.drain()
    row = room.delivery(one)
    assert row.state == (State.SUPPRESSED if reason else State.SENT)
    assert row.reason == reason
    assert len(room.email.sent) == (0 if reason else 1)


@pytest.mark.parametrize("code", [Code.CORRECT, Code.RETRACT])
async def test_what_is_put_right_reaches_who_paused_but_not_who_left(
    room: Newsroom, code: Code
) -> None:
    content = EditionContent(kind=EditionKind.ALERT, code=code, day=NOON.date(), at=NOON)
    paused = room.reader("paused", person={"state": SubscriberState.PAUSED})
    left = room.reader("left", person={"state": SubscriberState.LEFT})
    room.deliveries_to_come(paused, content=content)
    room.deliveries_to_come(left, content=content)
    await room.drain()
    assert room.states() == [State.SENT, State.SUPPRESSED]


async def test_a_suppressed_address_is_not_written_to_on_its_channel(room: Newsroom) -> None:
    maria = room.reader()
    room.deliveries_to_come(maria)
    with room.app.db.begin() as session:
        for channel, address in (("email", "email-1"), ("slack", "email-2")):
            session.add(Suppression(channel=channel, address=address, reason="x", at=NOON))
    room.deliveries_to_come(maria)
    await room.drain()
    assert room.states() == [State.SUPPRESSED, State.SENT]


async def test_a_destination_disabled_meanwhile_is_not_written_to(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader())
    with room.app.db.begin() as session:
        destination = session.get_one(Destination, room.delivery(one).destination_id)
        destination.disabled_at, destination.disabled_reason = NOON, "bounced"
    await room.drain()
    assert (room.delivery(one).state, room.delivery(one).reason) == (State.SUPPRESSED, "bounced")


async def test_a_destination_removed_meanwhile_troubles_nobody(room: Newsroom) -> None:
    gone_, kept = room.deliveries_to_come(room.reader(), 2)
    with room.app.db.begin() as session:
        session.delete(session.get_one(Destination, room.delivery(gone_).destination_id))
    await room.drain()
    assert [row.id for row in room.rows(Delivery)] == [kept]


# Interruptions -----------------------------------------------------------------------------


async def test_stopping_finishes_what_has_begun_and_frees_the_rest(room: Newsroom) -> None:
    room.deliveries_to_come(room.reader(), 50)
    stop = asyncio.Event()

    async def stop_now(_: Sending) -> None:
        stop.set()
        await asyncio.sleep(0.02)

    room.email.on_send = stop_now
    await Deliverer(room.app, room.clock).drain(stop)
    states = room.states()
    assert states.count(State.SENT) == len(room.email.sent) <= room.email.limits.concurrency
    assert states.count(State.PENDING) == 50 - len(room.email.sent)
    assert all(row.lease_until is None for row in room.rows(Delivery))


async def test_a_restart_takes_up_what_a_dead_process_held(room: Newsroom) -> None:
    ids = room.deliveries_to_come(room.reader(), 6)
    dead = worker_name().replace(":", ":9", 1).rsplit(":", 3)
    name = ":".join([dead[0], "999999999", *dead[2:]])
    with room.app.db.begin() as session:
        ledger.claim(session, "email", ALERTS, NOON, name)
        ledger.begin(session, ids[:2], name, NOON)
    assert not await room.drain(), "its leases run"
    assert resume(room.app, NOON) == 2
    await room.drain()
    states = [room.delivery(one).state for one in ids]
    assert states == [State.UNKNOWN] * 2 + [State.SENT] * 4
    assert {room.delivery(one).reason for one in ids[:2]} == {"may_be_twice"}
    assert len(room.email.sent) == 6


def test_a_worker_is_gone_when_its_process_is() -> None:
    name = worker_name()
    host, pid, start, number = name.rsplit(":", 3)
    assert not gone(name)
    assert gone(f"{host}:999999999:{start}:{number}")
    assert gone(f"{host}:{pid}:another:{number}"), "the same number after a restart"
    assert not gone(f"{host}:1:{start}:{number}"), "somebody else's process"
    assert not gone(f"elsewhere:999999999:{start}:{number}"), "nobody knows from here"
    assert not gone("nonsense")


async def test_a_message_at_which_workers_keep_dying_is_left_in_the_end(room: Newsroom) -> None:
    (one,) = room.deliveries_to_come(room.reader())
    for time in range(20):
        with room.app.db.begin() as session:
            if not ledger.claim(session, "email", ALERTS, room.now, f"w{time}"):
                break
            ledger.begin(session, [one], f"w{time}", room.now)
        room.later(minutes=3)
        sweep(room.app, room.now)
        if room.delivery(one).unanswered >= outcomes.MOST_DEATHS:
            break
    await room.drain()
    assert room.email.sent == []
    row = room.delivery(one)
    assert (row.state, row.reason, row.not_before) == (State.UNKNOWN, "unanswered", None)


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


async def test_two_workers_beside_each_other_send_everything_once(room: Newsroom) -> None:
    room.deliveries_to_come(room.reader(), 60)
    await asyncio.gather(room.drain(1), room.drain(2))
    assert sorted(room.email.addresses()) == sorted(f"email-{n + 1}" for n in range(60))
    assert set(room.states()) == {State.SENT}


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
    with pytest.raises(DatabaseAway):
        await asyncio.wait_for(for_long(room).drain(stop), IN_TIME)
    assert room.states() == [State.SENDING], "the next start finds it"


def test_back_off_never_shrinks_much_and_is_bounded() -> None:
    longest = [max(outcomes.wait(n, random.Random(seed)) for seed in range(50)) for n in range(12)]
    assert all(a <= b * 1.5 for a, b in pairwise(longest))
    assert longest[-1] <= timedelta(hours=1.2)
