"""Fast time: the clock and the worker of `digest serve`, and time that goes on when all is done.

Nothing of them is replaced but the hour. APScheduler, which only waits, is left out: the turns of
the Clock are taken at the instants at which it would have woken it, in steps of `tick`.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bench.day.boxes import Box
from digest.engine.base import Handler, Heard
from digest.engine.local import LocalQueue
from digest.scheduler import Clock
from digest.services.app import App
from digest.services.bounces.settings import BounceSettings
from digest.services.sending.outage import Outage
from digest.worker import Worker

HANDED_OVER = 3  # messages to each provider before the process is killed
OLD_CLOCK = timedelta(hours=1)  # a clock that has lost its lead and goes on for a while

Happening = tuple[datetime, Callable[[], None]]
"""What befalls the installation, and when."""


@dataclass(frozen=True, slots=True)
class Away:
    """The service, or all providers, from `begin` to before `end`. With a `crash` the process ends
    in the midst of sending."""

    begin: datetime
    end: datetime
    relay: bool = False
    crash: bool = False


class Counted(LocalQueue):
    """Knows when there is nothing left to do."""

    def __init__(self) -> None:
        super().__init__()
        self._doing = 0
        self.ready = asyncio.Event()

    async def run(
        self,
        handlers: Mapping[str, Handler],
        slots: Mapping[str, int],
        stop: asyncio.Event,
        heard: Heard = lambda queue: None,
    ) -> None:
        counted = {kind: self._counted(handler) for kind, handler in handlers.items()}
        self.ready.set()
        await super().run(counted, slots, stop, heard)

    def _counted(self, handler: Handler) -> Handler:
        async def do(about: Mapping[str, object]) -> None:
            self._doing += 1
            try:
                await handler(about)
            finally:
                self._doing -= 1

        return do

    async def idle(self) -> None:
        while self._doing or any(one.waiting for one in self.depth(Session()).values()):
            await asyncio.sleep(0.001)


class FastTime:
    """An installation from `begin` on, which is UTC."""

    def __init__(self, app: App, begin: datetime, tick: timedelta) -> None:
        self.app = app
        self.now = begin
        self.tick = tick
        self.boxes = [Box(channel, self.clock) for channel in app.channels.values()]
        app.channels = {box.name: box for box in self.boxes}
        self._stop = asyncio.Event()
        self._clock: Clock | None = None
        self._old: tuple[Clock, datetime] | None = None  # until when it goes on
        self._next: dict[object, datetime] = {}
        self._worker: asyncio.Task[None] | None = None

    def clock(self) -> datetime:
        return self.now

    async def live(
        self, until: datetime, happenings: Sequence[Happening], aways: Sequence[Away]
    ) -> None:
        """Goes on until then; all that is given is in the order of time."""
        coming = list(happenings)
        await self._start()
        while self.now < until:
            for box in self.boxes:
                box.away = any(one.relay and one.begin <= self.now < one.end for one in aways)
            down = next(
                (one for one in aways if not one.relay and one.begin <= self.now < one.end), None
            )
            if down is None and self._worker is None:
                await self._start()
            while coming and coming[0][0] <= self.now:
                coming.pop(0)[1]()
            if down is None:
                await self._turns()
            elif self._worker is not None:
                await (self._crash() if down.crash else self._end())
            self.now += self.tick
        await self._end()

    async def _start(self) -> None:
        """A new process. The clock of the one before has perhaps not noticed yet."""
        self._stop, queue = asyncio.Event(), Counted()
        self.app.queue = queue
        outage = Outage(self.app.db)
        worker = Worker(self.app, self.clock, outage)
        self._worker = asyncio.create_task(worker.run(self._stop))
        if self._clock is not None:
            self._old = self._clock, self.now + OLD_CLOCK
        self._clock = Clock(self.app, self.clock, outage, BounceSettings())
        await queue.ready.wait()

    async def _turns(self) -> None:
        old = [self._old[0]] if self._old is not None and self.now < self._old[1] else []
        for clock in (*old, self._clock):
            for turn, seconds in clock.turns if clock is not None else ():
                if self._next.get(turn, self.now) <= self.now:
                    self._next[turn] = self.now + timedelta(seconds=seconds)
                    await turn()
        assert isinstance(self.app.queue, Counted)
        await self.app.queue.idle()

    async def _end(self) -> None:
        worker, self._worker = self._worker, None
        self._stop.set()
        if worker is not None:
            await worker

    async def _crash(self) -> None:
        """Plans and sends for a last time, and is killed while providers have not answered yet."""
        for box in self.boxes:
            box.hangs_after = HANDED_OVER
        turns = asyncio.create_task(self._turns())
        while not (turns.done() or any(box.hangs for box in self.boxes)):
            await asyncio.sleep(0.01)
        self._worker = None
        logging.disable(logging.ERROR)  # who is killed says nothing
        while dying := asyncio.all_tasks() - {asyncio.current_task()}:
            for task in dying:
                task.cancel()
            await asyncio.wait(dying, timeout=1)
        logging.disable(logging.NOTSET)
        for box in self.boxes:
            box.hangs_after = None
