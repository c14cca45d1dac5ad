"""Deliver: claim, render, send, record. No database session is open while a provider is called."""

import asyncio
import itertools
import logging
import os
import random
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.channels.base import Channel, Message, Receipt
from digest.errors import (
    Action,
    ConfigurationError,
    DeliveryError,
    DigestError,
    Unanswered,
)
from digest.models import Delivery
from digest.models.words import DeliveryState, EditionKind
from digest.services.app import App
from digest.services.envelopes import Parcel, parcels
from digest.services.refusals import stop_channel, take_back
from digest.store import deliveries as ledger
from digest.store.deliveries import Result

log = logging.getLogger(__name__)
_numbers = itertools.count(1)

CLAIM = 200
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)
GROWTH = 4
RESEND_AFTER = {EditionKind.ALERT: timedelta(0), EditionKind.DIGEST: timedelta(minutes=10)}
MOST_UNANSWERED = 2  # an unanswered message is sent again once, then left as it is

Clock = Callable[[], datetime]


def worker_name() -> str:
    """A name no other worker has, now or after a restart."""
    return f"{socket.gethostname()}:{os.getpid()}:{next(_numbers)}:{os.urandom(4).hex()}"


@dataclass
class Deliverer:
    """One worker of the ledger. Several may run beside each other on one database."""

    app: App
    clock: Clock
    name: str
    dice: random.Random

    @classmethod
    def of(cls, app: App, clock: Clock) -> "Deliverer":
        _ = app.links  # may write its key: before any transaction of the ledger
        return cls(app, clock, worker_name(), random.Random())

    async def drain(self, stop: asyncio.Event | None = None) -> Counter[tuple[str, str, str]]:
        """Sends all that is due; returns how many ended in each (kind, channel, state).

        When `stop` is set, what was begun is finished, and the rest is given back.
        """
        done: Counter[tuple[str, str, str]] = Counter()
        while not (stop and stop.is_set()):
            rounds = await asyncio.gather(
                *(self._round(channel, stop) for channel in self.app.active_channels.values())
            )
            if not any(rounds):
                return done
            for one in rounds:
                done.update(one)
        return done

    async def _round(
        self, channel: Channel, stop: asyncio.Event | None
    ) -> Counter[tuple[str, str, str]]:
        """One claim of one Channel, sent in groups no larger than its concurrency."""
        done: Counter[tuple[str, str, str]] = Counter()
        loaded = await asyncio.to_thread(self._claim, channel.name)
        waiting = list(loaded)
        while waiting and not (stop and stop.is_set()):
            group = waiting[: channel.limits.concurrency]
            waiting = waiting[len(group) :]
            mine = await asyncio.to_thread(self._begin, [one.delivery.id for one in group])
            group = [one for one in group if one.delivery.id in mine]
            results = await asyncio.gather(*(self._attempt(channel, one) for one in group))
            stopped = await asyncio.to_thread(self._record, channel.name, group, results)
            done.update(
                (one.kind, channel.name, result.state)
                for one, (result, _) in zip(group, results, strict=True)
            )
            if stopped:
                break
        if waiting:
            left = [one.delivery.id for one in waiting]
            await asyncio.to_thread(self._give_back, left)
        return done

    def _claim(self, channel: str) -> Sequence[Parcel]:
        now = self.clock()
        with self.app.db.begin() as session:
            ledger.expire(session, now)
            if channel in ledger.stopped(session, now):
                return ()
            rows = ledger.claim(session, [channel], now, self.name, CLAIM)
            return parcels(session, self.app, rows, now) if rows else ()

    def _begin(self, ids: Iterable[int]) -> set[int]:
        with self.app.db.begin() as session:
            return ledger.begin(session, ids, self.name, self.clock())

    def _give_back(self, ids: Iterable[int]) -> None:
        with self.app.db.begin() as session:
            ledger.release(session, ids, self.name)

    async def _attempt(
        self, channel: Channel, parcel: Parcel
    ) -> tuple[Result, DeliveryError | None]:
        delivery = parcel.delivery
        if parcel.refused is not None:
            return self._ended(delivery, DeliveryState.SUPPRESSED, parcel.refused), None
        try:
            message = channel.render(parcel.content, parcel.envelope)
        except Exception as error:
            return self._unrendered(delivery, error), None
        try:
            if delivery.unanswered:
                found = await channel.recover(message)
                if found is not None:
                    return self._accepted(delivery, message, found, certain=True), None
                if not self._worth_resending(channel, parcel):
                    return self._ended(
                        delivery, DeliveryState.UNKNOWN, "unanswered", settled=True
                    ), None
            receipt = await channel.send(message)
        except DeliveryError as error:
            return self._failed(parcel, error), error
        except Exception:
            # A Channel promises DeliveryErrors only. A broken promise must not lose the message,
            # nor hide: perhaps it was sent.
            log.exception("channel %s failed on delivery %s", channel.name, delivery.id)
            broken = Unanswered("channel_error", "the channel's own code failed")
            return self._failed(parcel, broken), broken
        return self._accepted(delivery, message, receipt), None

    def _worth_resending(self, channel: Channel, parcel: Parcel) -> bool:
        """Telegram can't be asked, and a copy is a second message: a digest is left alone."""
        return channel.name != "telegram" or parcel.kind == EditionKind.ALERT

    def _accepted(
        self, delivery: Delivery, message: Message, receipt: Receipt, certain: bool = False
    ) -> Result:
        twice = bool(delivery.unanswered) and not certain
        return Result(
            delivery.id,
            DeliveryState.UNKNOWN if twice else DeliveryState.SENT,
            self.clock(),
            reason="may_be_twice" if twice else None,
            detail="accepted after an attempt nobody answered"
            if twice
            else "; ".join(receipt.notes),
            reference=receipt.reference,
            subject=message.subject,
        )

    def _ended(
        self, delivery: Delivery, state: DeliveryState, reason: str, settled: bool = False
    ) -> Result:
        return Result(delivery.id, state, self.clock(), reason, counts=False, settled=settled)

    def _unrendered(self, delivery: Delivery, error: Exception) -> Result:
        """A template's failure concerns this one Delivery; it is kept, with file and line."""
        if not isinstance(error, DigestError):
            log.exception("delivery %s could not be rendered", delivery.id)
        detail = str(error) if isinstance(error, ConfigurationError) else type(error).__name__
        return Result(delivery.id, DeliveryState.FAILED, self.clock(), "template", detail)

    def _failed(self, parcel: Parcel, error: DeliveryError) -> Result:
        now, delivery = self.clock(), parcel.delivery
        if error.action is Action.UNKNOWN:
            last = delivery.unanswered + 1 >= MOST_UNANSWERED
            return Result(
                delivery.id,
                DeliveryState.UNKNOWN,
                now,
                error.reason,
                error.detail,
                not_before=now + RESEND_AFTER[parcel.kind],
                settled=last,
            )
        if error.action in (Action.RETRY, Action.STOP, Action.MOVE):
            return self._again(parcel, error, now)
        return Result(delivery.id, DeliveryState.FAILED, now, error.reason, error.detail)

    def _again(self, parcel: Parcel, error: DeliveryError, now: datetime) -> Result:
        delivery = parcel.delivery
        told_when = error.retry_after is not None or error.action is not Action.RETRY
        if error.action is Action.MOVE:
            at = now
        elif error.retry_after is not None:
            at = now + timedelta(seconds=error.retry_after)
        else:
            at = now + self._wait(delivery.attempts)
        if delivery.expires_at is not None and at >= delivery.expires_at:
            return Result(delivery.id, DeliveryState.FAILED, now, error.reason, error.detail)
        return Result(
            delivery.id,
            DeliveryState.UNKNOWN if delivery.unanswered else DeliveryState.RETRY,
            now,
            error.reason,
            error.detail,
            not_before=at,
            counts=not told_when,
        )

    def _wait(self, attempts: int) -> timedelta:
        """30 s, 2 min, 8 min, 32 min, then an hour; each up to a fifth shorter or longer."""
        wait: timedelta = min(FIRST_WAIT * GROWTH**attempts, LONGEST_WAIT)
        return wait * self.dice.uniform(0.8, 1.2)

    def _record(
        self,
        channel: str,
        group: Sequence[Parcel],
        results: Sequence[tuple[Result, DeliveryError | None]],
    ) -> bool:
        """Writes the results in one transaction; returns whether the Channel is stopped now."""
        now = self.clock()
        stopped = False
        with self.app.db.begin() as session:
            ledger.record(session, [result for result, _ in results], self.name)
            for parcel, (_, error) in zip(group, results, strict=True):
                if error is None:
                    continue
                if error.action is Action.STOP:
                    stop_channel(session, channel, error, now)
                    stopped = True
                elif error.action in (Action.PAUSE, Action.MOVE):
                    take_back(session, parcel.delivery, error, now)
        return stopped


def summary(done: Mapping[tuple[str, str, str], int]) -> list[dict[str, object]]:
    """The counts as rows for a program: kind, channel, state, count."""
    return [
        {"kind": kind, "channel": channel, "state": state, "count": count}
        for (kind, channel, state), count in sorted(done.items())
    ]
