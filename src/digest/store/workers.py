"""Workers that send, and when each was last seen; by the clock of the database.

What a dead worker held is free again long before its leases end.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from digest.models import Worker
from digest.models.base import Instant
from digest.store.upsert import upsert

STALLED = timedelta(seconds=10)  # without a beat for so long a worker is dead
FORGOTTEN = timedelta(days=1)


def beat(session: Session, name: str, queues: Iterable[str]) -> None:
    """Says that the worker is alive."""
    at = database_now(session)
    upsert(session, Worker, {"name": name}, {"queues": sorted(queues), "seen_at": at})


def leave(session: Session, name: str) -> None:
    """It has ended, and holds nothing any more."""
    session.execute(delete(Worker).where(Worker.name == name))


def dead(session: Session, after: timedelta = STALLED) -> set[str]:
    """Names of those that were not seen for as long as `after`."""
    before = database_now(session) - after
    return set(session.scalars(select(Worker.name).where(Worker.seen_at < before)))


def seen(session: Session, within: timedelta = STALLED) -> dict[str, Worker]:
    """Those that were seen of late, by name."""
    since = database_now(session) - within
    found = session.scalars(select(Worker).where(Worker.seen_at >= since).order_by(Worker.name))
    return {one.name: one for one in found}


def forget(session: Session) -> None:
    """Those that died long ago."""
    before = database_now(session) - FORGOTTEN
    session.execute(delete(Worker).where(Worker.seen_at < before))


def database_now(session: Session) -> datetime:
    """One clock for all machines; on SQLite there is only one machine."""
    at = session.scalar(select(func.now(type_=Instant())))
    assert isinstance(at, datetime)
    return at
