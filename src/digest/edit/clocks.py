"""When does a record become visible, and is it history?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.models.record import EventRecord


@dataclass(frozen=True, slots=True)
class Showing:
    """`visible_at`, and whether this is a backfill, which never alerts."""

    visible_at: datetime
    history: bool


def showing(
    record: EventRecord, now: datetime, backfill: timedelta, previous: datetime | None = None
) -> Showing:
    """The hour from which `record` may be told.

    What the record says, else its own time if that is longer ago than `backfill` (then it is
    history), else now. `previous` is when the Revision before it became visible: nothing becomes
    visible before it.
    """
    if record.visible_at is not None:
        return Showing(_not_before(record.visible_at, previous), False)
    own = record.updated_at if previous is not None else None
    own = own or record.reported_at or record.updated_at or record.occurred_at
    if own is not None and own < now - backfill:
        return Showing(_not_before(own, previous), True)
    return Showing(now, False)


def _not_before(instant: datetime, previous: datetime | None) -> datetime:
    return instant if previous is None else max(instant, previous)
