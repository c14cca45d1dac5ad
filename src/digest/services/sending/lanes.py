"""A lane: the Deliveries of one Channel and priority, claimed in batches and sent side by side."""

import asyncio
import logging
import random
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest.channels.base import Channel
from digest.errors import Action, ConfigurationError
from digest.services.app import App
from digest.services.sending import outcomes
from digest.services.sending.attempts import Ended, attempt
from digest.services.sending.parcels import Parcel, parcels
from digest.services.sending.refusals import stop_channel, take_back
from digest.services.sending.scribe import Scribe
from digest.store import deliveries as ledger

log = logging.getLogger(__name__)

CLAIM = 200
WRITE_AGAIN = (0.5, 2.0, 8.0, 20.0)  # seconds between tries to write down, while others may wait
IDLE_SECONDS = 1.0  # a lane looks for work at least this often

Counts = Counter[tuple[str, str, str]]
"""How many Deliveries ended in each (kind, channel, state)."""


@dataclass
class Lane:
    """As many Deliveries at a time as the Channel allows; a slow one holds up no other."""

    app: App
    channel: Channel
    priority: int
    worker: str
    clock: Callable[[], datetime]
    dice: random.Random
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    _halted: bool = False  # the Channel refuses us as a whole

    async def serve(self, stop: asyncio.Event) -> None:
        """Drains whenever something may be due, until `stop`."""
        while not stop.is_set():
            self.wake.clear()
            try:
                await self.drain(stop)
            except Exception:
                log.exception("sending was interrupted; it goes on by itself")
            try:
                await asyncio.wait_for(self.wake.wait(), IDLE_SECONDS)
            except TimeoutError:
                continue

    async def drain(self, stop: asyncio.Event) -> Counts:
        """Sends all that is due. What was begun is finished when `stop` is set, the rest is freed.

        Raises:
            ConfigurationError: the database does not answer.
        """
        done: Counts = Counter()
        self._halted = False
        while not (stop.is_set() or self._halted):
            claimed = await asyncio.to_thread(self._claim)
            if claimed is None:
                break
            await self._send(deque(claimed), done, stop)
        return done

    async def _send(self, waiting: deque[Parcel], done: Counts, stop: asyncio.Event) -> None:
        scribe = Scribe(self._write)
        left: list[int] = []

        async def runner() -> None:
            ended: Ended | None = None
            while waiting and not (stop.is_set() or self._halted):
                parcel = waiting.popleft()
                if not await scribe.turn(ended, parcel.delivery.id):
                    ended = None
                    left.append(parcel.delivery.id)
                    continue
                ended = await attempt(self.channel, parcel, self.clock, self.dice)
                done[parcel.kind, self.channel.name, ended.result.state] += 1
            if ended is not None:
                await scribe.turn(ended)

        crew = min(self.channel.limits.concurrency, len(waiting))
        failures = await asyncio.gather(*(runner() for _ in range(crew)), return_exceptions=True)
        left += [parcel.delivery.id for parcel in waiting]
        for failure in failures:
            if isinstance(failure, BaseException):
                raise failure
        if left:
            await asyncio.to_thread(self._give_back, left)

    def _claim(self) -> Sequence[Parcel] | None:
        """A lease on what is due, committed before it is looked at; None when nothing is."""
        now, db = self.clock(), self.app.db
        with db.begin() as session:
            if self.channel.name in ledger.stopped(session, now):
                return None
            rows = ledger.claim(session, self.channel.name, self.priority, now, self.worker, CLAIM)
        if not rows:
            return None
        with db.read() as session:
            found = parcels(session, self.app, rows, now)
        known = {parcel.delivery.id for parcel in found}
        lost = [row for row in rows if row.id not in known]
        if lost:
            why = "its edition is no longer readable"
            with db.begin() as session:
                results = [outcomes.unreadable(row, "content", why, now) for row in lost]
                ledger.record(session, results, self.worker)
        return found

    async def _write(self, ended: Sequence[Ended], wanted: Sequence[int]) -> set[int]:
        """Results are not given up at the first trouble: without them messages go out twice."""
        for seconds in WRITE_AGAIN:
            try:
                return await asyncio.to_thread(self._write_once, ended, wanted)
            except ConfigurationError as error:
                log.warning("results wait to be written: %s", error)
                await asyncio.sleep(seconds)
        return await asyncio.to_thread(self._write_once, ended, wanted)

    def _write_once(self, ended: Sequence[Ended], wanted: Sequence[int]) -> set[int]:
        now = self.clock()
        with self.app.db.begin() as session:
            ledger.record(session, [one.result for one in ended], self.worker)
            for one in ended:
                if one.error is None:
                    continue
                if one.error.action is Action.STOP and not self._halted:
                    self._halted = True
                    stop_channel(session, self.channel.name, one.error, now)
                elif one.error.action in (Action.PAUSE, Action.MOVE):
                    address = one.parcel.envelope.address
                    take_back(session, one.parcel.delivery, address, one.error, now)
            return set() if self._halted else ledger.begin(session, wanted, self.worker, now)

    def _give_back(self, ids: Iterable[int]) -> None:
        with self.app.db.begin() as session:
            ledger.release(session, ids, self.worker)
