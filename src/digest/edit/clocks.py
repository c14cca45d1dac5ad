"""When does a record become visible, is it history, was it reported late, and how old is it?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from digest.models.desk import Candidate, Past
from digest.models.record import EventRecord
from digest.models.words import TimePrecision

LATE = timedelta(hours=6)
CRITICAL = 5  # severity


@dataclass(frozen=True, slots=True)
class Showing:
    """`visible_at`, and whether this is a backfill, which never alerts."""

    visible_at: datetime
    history: bool


def showing(
    record: EventRecord,
    now: datetime,
    backfill: timedelta,
    previous: Showing | None = None,
    first: datetime | None = None,
) -> Showing:
    """The hour from which `record` may be told.

    What the record says, else its own time if that is longer ago than `backfill` (then it is
    history), else now. `previous` is the showing of the Revision before: nothing becomes visible
    before it, and a change that doesn't say when it was made is as old as that or new now. `first`
    is the hour of the first Revision. An hour that is yet to come is brought forward, to now at the
    earliest, by a record that states an earlier one; not by one that only repeats since when the
    Event has been visible.
    """
    before = previous.visible_at if previous else None
    if record.visible_at is not None:
        waits = before is not None and before > now
        if waits and first is not None and (first > now or record.visible_at > first):
            return Showing(max(record.visible_at, now), False)
        return Showing(_not_before(record.visible_at, before), False)
    if previous is None:
        own = record.reported_at or record.updated_at or record.occurred_at
    else:
        own = record.updated_at or (before if previous.history else None)
    if own is not None and own < now - backfill:
        return Showing(_not_before(own, before), True)
    return Showing(_not_before(now, before), False)


def older(record: EventRecord, updated_at: datetime | None, precision: str) -> bool:
    """Whether `record` says that it was updated before `updated_at`, the last time its Event was.

    `precision` is the other one's; where either knows the day only, days are compared.
    """
    if record.updated_at is None or updated_at is None:
        return False
    if record.time_precision == precision == TimePrecision.INSTANT:
        return record.updated_at < updated_at
    return record.updated_at.date() < updated_at.date()


def reported_late(candidate: Candidate) -> bool:
    """Whether an Event became visible long after it happened. A later Revision doesn't change
    that."""
    happened = candidate.happened_at
    return happened is not None and first_shown(candidate) - happened > LATE


def first_shown(candidate: Candidate) -> datetime:
    """When the Event became visible with its first Revision."""
    return candidate.past[0].visible_at if candidate.past else candidate.visible_at


def fresh_since(candidate: Candidate) -> datetime:
    """From when the Event's age counts for those who were not alerted to it.

    When it was first shown, or when a later Revision raised it: above every severity it had before,
    or to breaking. No other change makes it news again.
    """
    raised = [one.visible_at for _, one in _raises(candidate)]
    return max([first_shown(candidate), *raised])


def of_history(candidate: Candidate) -> bool:
    """Whether the Event came in a backfill, and nobody has said since that it matters now: by
    stating severity 5, or by marking it as breaking."""
    if not candidate.past or not candidate.past[0].history:
        return candidate.history
    if not candidate.breaking and candidate.severity < CRITICAL:
        return True
    return not any(
        (one.breaking and not before.breaking) or one.stated == CRITICAL
        for before, one in _raises(candidate)
        if not one.history
    )


def _raises(candidate: Candidate) -> list[tuple[Past, Past]]:
    """The Revisions that raised the Event, each after the one before it."""
    highest, found = 0, []
    for before, one in pairwise(candidate.past):
        highest = max(highest, before.severity)
        if one.severity > highest or (one.breaking and not before.breaking):
            found.append((before, one))
    return found


def _not_before(instant: datetime, previous: datetime | None) -> datetime:
    return instant if previous is None else max(instant, previous)
