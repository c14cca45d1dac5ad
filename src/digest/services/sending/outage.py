"""Outage: what a process that runs for long does while its database can't be reached.

Lanes and the planner all meet it within the same second. It is said once that the database went
away and once that it is back; meanwhile one of them looks for it, ever more rarely, and all others
wait. Nothing is lost: the tables say what is due.
"""

import asyncio
import logging
from time import monotonic

from sqlalchemy import select

from digest.errors import DatabaseAway
from digest.store.database import Database
from digest.telemetry import OUTAGES, Telemetry

log = logging.getLogger(__name__)

FIRST_WAIT = 1.0  # seconds; doubles with each look in vain
LONGEST_WAIT = 5.0  # a question costs little, and breaking news waits
CALM = 60.0  # seconds after which all have found it, and the first wait is so short again


class Outage:
    """Belongs to one event loop."""

    def __init__(self, db: Database, telemetry: Telemetry | None = None) -> None:
        self._db = db
        self._telemetry = telemetry or Telemetry()
        self._back = asyncio.Event()
        self._back.set()
        self._search: asyncio.Task[None] | None = None
        self._wait = FIRST_WAIT
        self._back_since = monotonic() - CALM

    @property
    def lasts(self) -> bool:
        return not self._back.is_set()

    @property
    def settled(self) -> bool:
        """Whether it is over for so long that every process has found the database again."""
        return not self.lasts and monotonic() - self._back_since >= CALM

    def begin(self, error: DatabaseAway) -> None:
        """The database was found to be away; says so, once, and begins to look for it."""
        if self.lasts:
            return
        self._back.clear()
        self._telemetry.add(OUTAGES, {(): 1})
        if monotonic() - self._back_since >= CALM:
            self._wait = FIRST_WAIT
        log.warning(
            "%s; nothing is planned or sent meanwhile; looked for in %g s, later every %g s",
            error,
            self._wait,
            LONGEST_WAIT,
        )
        self._search = asyncio.create_task(self._look())

    async def end(self, stop: asyncio.Event) -> None:
        """Waits until the database is back, or `stop`."""
        waits = [asyncio.ensure_future(one.wait()) for one in (self._back, stop)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()

    def close(self) -> None:
        """Looks no longer."""
        if self._search is not None:
            self._search.cancel()

    async def _look(self) -> None:
        began = monotonic()
        while True:
            await asyncio.sleep(self._wait)
            self._wait = min(2 * self._wait, LONGEST_WAIT)
            try:
                await asyncio.to_thread(self._ask)
            except DatabaseAway as error:
                log.debug("the database is still away: %s", error)
            except Exception:  # it answers; what it says is for those who wait for it
                break
            else:
                break
        log.warning("the database is back after %.0f s", monotonic() - began)
        self._back_since = monotonic()
        self._back.set()

    def _ask(self) -> None:
        with self._db.read() as session:
            session.execute(select(1))
