"""The clock: APScheduler wakes the planner; the tables decide what is due.

A missed tick does no harm, and two clocks at once do none: every decision has a unique row.
"""

import asyncio
import threading
from collections.abc import Callable
from datetime import datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from digest.services.app import App
from digest.services.news import feeds
from digest.services.planning.alert import alert
from digest.services.planning.publish import publish
from digest.services.planning.release import release
from digest.services.sending.deliver import Deliverer, resume, sweep

ALERT_SECONDS = 2  # how soon what another process stored is alerted
PLAN_SECONDS = 20  # a digest starts at most this long after its hour
FEED_SECONDS = 60
SWEEP_SECONDS = 5

Verb = Callable[[App, datetime], object]


class Service:
    """Clock and worker in one process, as `digest serve` runs them beside the web pages."""

    def __init__(self, app: App, clock: Callable[[], datetime]) -> None:
        self.app = app
        self.clock = clock
        self.stopping = asyncio.Event()
        self._deliverer = Deliverer(app, clock)
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    async def run(self) -> None:
        """Runs until `stop`; what is being sent then is finished and recorded first."""
        await asyncio.to_thread(resume, self.app, self.clock())
        for job, seconds in (
            (self._alert, ALERT_SECONDS),
            (self._digests, PLAN_SECONDS),
            (self._feeds, FEED_SECONDS),
            (self._sweep, SWEEP_SECONDS),
        ):
            self._scheduler.add_job(job, "interval", seconds=seconds, next_run_time=self.clock())
        self._scheduler.start()
        try:
            await self._deliverer.serve(self.stopping)
        finally:
            self._scheduler.shutdown(wait=False)

    def stop(self) -> None:
        """Asks the worker to finish what it is sending and to end."""
        self.stopping.set()
        self._deliverer.wake()

    async def _plan(self, *verbs: Verb) -> None:
        """Alerts and digests are planned beside each other, a batch of readers at a time: no alert
        waits until all digests are planned."""
        for verb in verbs:
            await self._aside(verb)
        self._deliverer.wake()

    async def _alert(self) -> None:
        await self._plan(alert, release)

    async def _digests(self) -> None:
        await self._plan(publish)

    async def _feeds(self) -> None:
        await self._aside(feeds.poll)

    async def _sweep(self) -> None:
        await self._aside(sweep)

    async def _aside(self, verb: Verb) -> None:
        """Runs a verb in a thread that holds up nobody's exit.

        Each of them may end at any moment without harm, as it would by kill -9, so a slow feed or
        a long plan need not be waited for.
        """
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def work() -> None:
            failure: Exception | None = None
            try:
                verb(self.app, self.clock())
            except Exception as error:
                failure = error
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, ended, failure)

        threading.Thread(target=work, daemon=True, name=getattr(verb, "__name__", "verb")).start()
        await ended


def _settle(ended: asyncio.Future[None], failure: Exception | None) -> None:
    if ended.done():  # nobody waits any more
        return
    if failure is None:
        ended.set_result(None)
    else:
        ended.set_exception(failure)
