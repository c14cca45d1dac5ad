"""Occasions: when is a Subscriber's digest due? Arithmetic on local dates; the table decides."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from digest.clock import instant_of, local_date, zone
from digest.models import Schedule
from digest.models.words import Cadence

SEARCH_DAYS = 14


@dataclass(frozen=True, slots=True)
class Due:
    """The digest of a local date and the instant it is due."""

    day: date
    at: datetime


def due_dates(schedule: Schedule, now: datetime) -> tuple[Due | None, Due | None]:
    """(the latest occasion at or before `now`, the next one after it); None where there is none.

    One occasion a local date: at the Schedule's hour in its zone, see `clock.instant_of` for hours
    that a change of clocks skips or repeats.
    """
    if schedule.cadence == Cadence.NONE or not schedule.weekdays:
        return None, None
    tz = zone(schedule.zone)
    today = local_date(now, tz)
    days = schedule.weekdays[:1] if schedule.cadence == Cadence.WEEKLY else schedule.weekdays
    latest: Due | None = None
    following: Due | None = None
    for offset in range(-SEARCH_DAYS, SEARCH_DAYS + 1):
        day = today + timedelta(days=offset)
        if day.weekday() not in days:
            continue
        due = Due(day, instant_of(day, schedule.at, tz))
        if due.at <= now:
            latest = due
        elif following is None:
            following = due
    return latest, following


def missed(schedule: Schedule, after: date, before: date, most: int) -> list[date]:
    """Dates strictly between two digests on which one was due and none was made; newest `most`."""
    days = schedule.weekdays[:1] if schedule.cadence == Cadence.WEEKLY else schedule.weekdays
    between = (before - after).days
    found = [
        day
        for day in (after + timedelta(days=n) for n in range(1, between))
        if day.weekday() in days
    ]
    return found[-most:]
