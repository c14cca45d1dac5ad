"""When does a record become visible, is it history, and was it reported late?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.models.desk import Candidate
from digest.models.record import EventRecord

LATE = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Showing:
    """`visible_at`, and whether this is a backfill, which never alerts."""

    visible_at: datetime
    history: bool


def showing(
    record: EventRecord, now: datetime, backfill: timedelta, previous: Showing | None = None
) -> Showing:
    """The hour from which `record` may be told.

    What the record says, else its own time if that is longer ago than `backfill` (then it is
    history), else now. `previous` is the showing of the Revision before: nothing becomes visible
    before it, and a change that doesn't say when it was made is as old as that or new now.
    """
    before = previous.visible_at if previous else None
    if record.visible_at is not None:
        return Showing(_not_before(record.visible_at, before), False)
    if previous is None:
        own = record.reported_at or record.updated_at or record.occurred_at
    else:
        own = record.updated_at or (before if previous.history else None)
    if own is not None and own < now - backfill:
        return Showing(_not_before(own, before), True)
    return Showing(now, False)


def reported_late(candidate: Candidate) -> bool:
    """Whether an Event became visible long after it happened. Its later Revisions are no news of
    that kind."""
    happened = candidate.happened_at
    return (
        candidate.revision == 1 and happened is not None and candidate.visible_at - happened > LATE
    )


def _not_before(instant: datetime, previous: datetime | None) -> datetime:
    return instant if previous is None else max(instant, previous)
