"""Almanac: when a digest must come, looked up minute by minute in what clocks on the wall show.

The rule, in the words of the manual: an hour that is skipped is the first one after it, an hour
that comes twice is the first of the two. Both are one rule here: the first minute of the date at
which the clock shows that hour or a later one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
Minutes = Mapping[date, Sequence[tuple[time, datetime]]]
"""What the clock of a zone shows at each instant of a local date, in the order of the instants."""


class Almanac:
    """Of the local dates that begin and end within `begin` and `end`, which are UTC."""

    def __init__(self, begin: datetime, end: datetime) -> None:
        self._begin, self._end = begin, end
        self._zones: dict[str, Minutes] = {}
        self._due: dict[tuple[str, time], Mapping[date, datetime]] = {}

    def dues(self, zone: str, at: time) -> Mapping[date, datetime]:
        """The instant of the digest of each local date."""
        if (zone, at) not in self._due:
            self._due[zone, at] = {
                day: next((instant for shown, instant in minutes if shown >= at), minutes[-1][1])
                for day, minutes in self._minutes(zone).items()
            }
        return self._due[zone, at]

    def _minutes(self, zone: str) -> Minutes:
        if zone not in self._zones:
            found: dict[date, list[tuple[time, datetime]]] = defaultdict(list)
            wall = ZoneInfo(zone)
            for instant in self._instants:
                shown = instant.astimezone(wall)
                found[shown.date()].append((shown.time(), instant))
            whole = sorted(found)[1:-1]  # the first and the last are cut
            self._zones[zone] = {day: found[day] for day in whole}
        return self._zones[zone]

    @cached_property
    def _instants(self) -> Sequence[datetime]:
        minutes = int((self._end - self._begin) / MINUTE)
        return [self._begin + n * MINUTE for n in range(minutes)]


def is_quiet(zone: str, instant: datetime, begin: time, end: time) -> bool:
    """Whether the clock there shows an hour from `begin` in the evening to `end` in the morning."""
    shown = instant.astimezone(ZoneInfo(zone)).time()
    return shown >= begin or shown < end
