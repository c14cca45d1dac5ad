"""Quiet hours: when do they end? Asked of the local wall clock, also on days that clocks change.

A repeated hour is quiet both times, a skipped one is simply not there.
"""

from datetime import UTC, datetime, timedelta

from digest.clock import next_change
from digest.models.desk import Reader

DAYS_AHEAD = 3  # a gap can swallow all that isn't quiet of one day, never of two


def is_quiet(reader: Reader, instant: datetime) -> bool:
    """Whether `instant` is within the reader's quiet hours."""
    return bool(reader.quiet and reader.quiet.covers(instant.astimezone(reader.zone).time()))


def quiet_end(reader: Reader, now: datetime) -> datetime | None:
    """The first instant after `now` outside the reader's quiet hours, in UTC; None outside of them.

    They end at their end, both times if it comes twice, or where clocks jump out of them.
    """
    if reader.quiet is None or not is_quiet(reader, now):
        return None
    today = now.astimezone(reader.zone).date()
    ends = [
        datetime.combine(
            today + timedelta(days=later), reader.quiet.end, tzinfo=reader.zone
        ).replace(fold=fold)
        for later in range(DAYS_AHEAD)
        for fold in (0, 1)
    ]
    changed = next_change(now, reader.zone, timedelta(days=DAYS_AHEAD))
    if changed is not None:
        ends.append(changed)
    later_ones = (end.astimezone(UTC) for end in ends)
    return min(end for end in later_ones if end > now and not is_quiet(reader, end))
