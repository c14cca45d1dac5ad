"""A process that runs until it is stopped: the clock, a worker, or both."""

import asyncio
import gc
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from digest.engine.base import SLOTS
from digest.scheduler import Clock
from digest.services.admin import work
from digest.services.app import App
from digest.services.bounces.settings import BounceSettings
from digest.services.sending.outage import Outage
from digest.worker import Worker

SELDOM = 20_000  # new objects from one round of the collector to the next, not 700


def collect_seldom() -> None:
    """For a process that stays. What is loaded by now does so, too: left out of the collector's
    rounds, it does not make each mail half as dear again. And a page of readers is many thousand
    objects, of which none is garbage before its end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(SELDOM, 10, 10)


class Part(Protocol):
    """Runs until the event is set."""

    async def run(self, stop: asyncio.Event) -> None: ...


class Service:
    """What `digest serve` runs beside the web pages; `digest worker` and `digest scheduler` run a
    part of it. Without `queues` there is no worker."""

    def __init__(
        self,
        app: App,
        clock: Callable[[], datetime],
        *,
        leads: bool = True,
        queues: Sequence[str] = tuple(SLOTS),
    ) -> None:
        self.app = app
        self.stopping = asyncio.Event()
        self._outage = Outage(app.db, app.telemetry)
        self._parts: list[Part] = []
        if queues:
            self._parts.append(Worker(app, clock, self._outage, queues))
        if leads:
            bounces = BounceSettings.load()
            self._parts.append(Clock(app, clock, self._outage, bounces))
            if bounces.bounce_lmtp:
                from digest.services.bounces.lmtp import Intake  # few need its library

                self._parts.append(Intake(app, bounces.bounce_lmtp, clock))

    async def run(self) -> None:
        """Until `stop`; what is being sent then is finished and recorded first."""
        work.started(self.app)
        try:
            parts = [asyncio.create_task(part.run(self.stopping)) for part in self._parts]
            await asyncio.wait(parts, return_when=asyncio.FIRST_EXCEPTION)
            self.stop()  # one that fails takes the others along, in good order
            await asyncio.gather(*parts)
        finally:
            self._outage.close()
            await self.app.queue.close()
            work.stopped()

    def stop(self) -> None:
        """Asks every part to finish what it does and to end."""
        self.stopping.set()
