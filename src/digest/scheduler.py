"""The clock: APScheduler wakes the planner; the tables decide what is due.

A missed tick does no harm, and two clocks at once do none: every decision has a unique row.
"""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from typing import TypeVar

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from digest.errors import DatabaseAway, DatabaseFails
from digest.services.admin import work
from digest.services.app import App
from digest.services.news import feeds
from digest.services.planning.alert import alert
from digest.services.planning.publish import publish
from digest.services.planning.release import release
from digest.services.sending.deliver import Deliverer, resume, sweep
from digest.services.sending.outage import Outage

ALERT_SECONDS = 2  # how soon what another process stored is alerted
PLAN_SECONDS = 20  # a digest starts at most this long after its hour
FEED_SECONDS = 60
SWEEP_SECONDS = 5
RESUME_SECONDS = 1

log = logging.getLogger(__name__)

T = TypeVar("T")
Verb = Callable[[App, datetime], T]


class Service:
    """Clock and worker in one process, as `digest serve` runs them beside the web pages."""

    def __init__(self, app: App, clock: Callable[[], datetime]) -> None:
        self.app = app
        self.clock = clock
        self.stopping = asyncio.Event()
        self._deliverer = Deliverer(app, clock)
        self._outage = Outage(app.db)
        self._scheduler = AsyncIOScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    async def run(self) -> None:
        """Runs until `stop`; what is being sent then is finished and recorded first."""
        work.started(self.app)
        while not (await self._resumed() or self.stopping.is_set()):
            await self._outage.end(self.stopping)
        for job, seconds in (
            (self._alert, ALERT_SECONDS),
            (self._digests, PLAN_SECONDS),
            (self._feeds, FEED_SECONDS),
            (self._sweep, SWEEP_SECONDS),
        ):
            self._scheduler.add_job(
                self._job, "interval", args=[job], seconds=seconds, next_run_time=self.clock()
            )
        self._scheduler.start()
        try:
            await self._deliverer.serve(self.stopping, self._outage)
        finally:
            self._scheduler.shutdown(wait=False)
            self._outage.close()
            work.stopped()

    def stop(self) -> None:
        """Asks the worker to finish what it is sending and to end."""
        self.stopping.set()
        self._deliverer.wake()

    async def _resumed(self) -> bool:
        """Frees what dead workers held, before anything is sent."""
        try:
            return await self._aside(resume) is not None
        except DatabaseFails as error:
            log.warning("what was under way is looked through again: %s", error)
            await asyncio.sleep(RESUME_SECONDS)
            return False

    async def _job(self, job: Callable[[], Awaitable[None]]) -> None:
        """One turn. To be cut short by the end of the service is no failure."""
        try:
            await job()
        except asyncio.CancelledError:
            if not self.stopping.is_set():
                raise

    async def _plan(self, verbs: Mapping[str, Verb[Counter[str]]]) -> None:
        """Alerts and digests are planned beside each other, a batch of readers at a time: no alert
        waits until all digests are planned. One that fails takes no other along."""
        for what, verb in verbs.items():
            try:
                work.planned(what, await self._aside(verb) or {})
            except Exception:
                log.exception("%s could not be planned", what)
        self._deliverer.wake()

    async def _alert(self) -> None:
        await self._plan({"alerts": alert, "held alerts": release})

    async def _digests(self) -> None:
        await self._plan({"digests": publish})

    async def _feeds(self) -> None:
        work.polled(await self._aside(feeds.poll) or ())

    async def _sweep(self) -> None:
        """After an outage no lease is taken for lost before all could write what they know."""
        if self._outage.settled:
            await self._aside(sweep)

    async def _aside(self, verb: Verb[T]) -> T | None:
        """Runs a verb in a thread that holds up nobody's exit; None while the database is away.

        Each of them may end at any moment without harm, as it would by kill -9, so a slow feed or
        a long plan need not be waited for.
        """
        if self._outage.lasts:
            return None
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[T] = loop.create_future()

        def work_aside() -> None:
            try:
                settle = partial(ended.set_result, verb(self.app, self.clock()))
            except BaseException as error:  # also a panic of a library that isn't Python
                settle = partial(ended.set_exception, error)
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, ended, settle)

        name = getattr(verb, "__name__", "verb")
        threading.Thread(target=work_aside, daemon=True, name=name).start()
        try:
            return await ended
        except DatabaseAway as error:
            self._outage.begin(error)
            return None


def _settle(ended: asyncio.Future[T], settle: Callable[[], None]) -> None:
    if not ended.done():  # else nobody waits any more
        settle()
