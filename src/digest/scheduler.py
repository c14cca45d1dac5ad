"""The clock: APScheduler wakes the planner; the tables decide what is due.

A missed tick does no harm, and two clocks at once do none: every decision has a unique row.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from digest.services import feeds
from digest.services.alert import alert
from digest.services.app import App
from digest.services.deliver import Deliverer
from digest.services.publish import publish
from digest.services.release import release
from digest.store import deliveries as ledger

log = logging.getLogger(__name__)

ALERT_SECONDS = 2  # how soon what another process stored is alerted
PLAN_SECONDS = 20  # a digest starts at most this long after its hour
FEED_SECONDS = 60
SWEEP_SECONDS = 5
IDLE_SECONDS = 1.0  # the sender looks for work at least this often


class Service:
    """Clock and worker in one process, as `digest serve` runs them beside the web pages."""

    def __init__(self, app: App, clock: Callable[[], datetime]) -> None:
        self.app = app
        self.clock = clock
        self.stopping = asyncio.Event()
        self.wake = asyncio.Event()
        self._planning = asyncio.Lock()  # one planner at a time: they would wait for each other
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    async def run(self) -> None:
        """Runs until `stop`; what is being sent then is finished and recorded first."""
        with self.app.db.begin() as session:
            # `serve` is the only worker of an SQLite file, so whatever is leased is a dead one's.
            ledger.recover(session, self.clock(), everything=self.app.db.is_sqlite)
        for job, seconds in (
            (self._alert, ALERT_SECONDS),
            (self._digests, PLAN_SECONDS),
            (self._feeds, FEED_SECONDS),
            (self._sweep, SWEEP_SECONDS),
        ):
            self._scheduler.add_job(job, "interval", seconds=seconds, next_run_time=self.clock())
        self._scheduler.start()
        try:
            await self._deliver()
        finally:
            self._scheduler.shutdown(wait=False)

    def stop(self) -> None:
        """Asks the worker to finish what it is sending and to end."""
        self.stopping.set()
        self.wake.set()

    async def _deliver(self) -> None:
        deliverer = Deliverer.of(self.app, self.clock)
        while not self.stopping.is_set():
            self.wake.clear()
            try:
                await deliverer.drain(self.stopping)
            except Exception:
                log.exception("sending was interrupted; it goes on by itself")
                await asyncio.sleep(IDLE_SECONDS)
            try:
                await asyncio.wait_for(self.wake.wait(), IDLE_SECONDS)
            except TimeoutError:
                continue

    async def _plan(self, *verbs: Callable[[App, datetime], object]) -> None:
        async with self._planning:
            for verb in verbs:
                await asyncio.to_thread(verb, self.app, self.clock())
        self.wake.set()

    async def _alert(self) -> None:
        await self._plan(alert, release)

    async def _digests(self) -> None:
        await self._plan(publish)

    async def _feeds(self) -> None:
        await asyncio.to_thread(feeds.poll, self.app, self.clock())

    async def _sweep(self) -> None:
        def sweep() -> None:
            with self.app.db.begin() as session:
                ledger.recover(session, self.clock())

        await asyncio.to_thread(sweep)
