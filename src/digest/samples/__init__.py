"""Sample news, written for this project: what `./run demo` tells and what an admin may try out.

Every happening, company, ship and publisher is invented, and so is what states and organisations
are said to do or say. Nothing is taken from a news service.

Four Stories (`red_sea`, `caucasus`, `sahel`, `arctic`) and a few single Events (`elsewhere`) fill
the four days before the demo's day and its small hours; `compressor` holds the breaking alert of
that day's afternoon in three Revisions, and what it made of an Event of the morning. The files have
the form that `digest import` reads, with two liberties that keep them current:

- a time is an offset from the demo's day: "D-4T09:20" is 09:20 UTC four days before it, "DT14:02"
  the afternoon of the day itself, "D-4" a date;
- "{weekday D-2}" and "{date D+9}" in a text become "Saturday" and "5 December".

A Revision is the whole record again under the same `id`, with its own `updated_at` and
`visible_at`; `occurred_at` and `reported_at` stay those of the Event.
"""

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from importlib import resources
from typing import Any

from babel.dates import format_date

from digest.models.record import EventRecord

STORIES = ("red_sea", "caucasus", "sahel", "arctic", "elsewhere")
ALERT = "compressor"

_OFFSET = re.compile(r"D([+-]\d+)?(?:T(\d\d:\d\d))?")
_NAMED_DAY = re.compile(r"\{(weekday|date) D([+-]\d+)?\}")
_PATTERNS = {"weekday": "EEEE", "date": "d MMMM"}


def records(day: date, *, before: datetime | None = None) -> list[EventRecord]:
    """What is imported before the morning digests of `day`, in the order of writing.

    An id comes again where a Revision follows. The last one is written at 01:50 UTC of `day`.
    `before` leaves out what was not yet written at that instant, so that earlier mornings can be
    played first.
    """
    found = sorted((r for name in STORIES for r in _read(name, day)), key=written_at)
    return [r for r in found if before is None or written_at(r) < before]


def breaking(day: date) -> EventRecord:
    """The breaking Event: severity 5, visible at 14:02 UTC of `day`. It says one thing wrong."""
    return _read(ALERT, day)[0]


def update(day: date) -> EventRecord:
    """The same Event at 14:40 UTC: new facts, more sources, the same mistake."""
    return _read(ALERT, day)[1]


def correction(day: date) -> EventRecord:
    """The same Event at 16:40 UTC: one pipeline is shut, not two, and the severity falls to 4."""
    return _read(ALERT, day)[2]


def overtaken(day: date) -> EventRecord:
    """The inspection ordered that morning, at 18:10 UTC: what the explosion has made of it."""
    return _read(ALERT, day)[3]


def written_at(record: EventRecord) -> datetime:
    """The instant at which `record` could first be imported: the latest of its own clocks."""
    clocks = (record.reported_at, record.updated_at, record.visible_at)
    return max(clock for clock in clocks if clock is not None)


def _read(name: str, day: date) -> list[EventRecord]:
    text = (resources.files(__name__) / f"{name}.json").read_text(encoding="utf-8")
    return [EventRecord.model_validate(_shift(entry, day)) for entry in json.loads(text)]


def _shift(value: Any, day: date) -> Any:
    """`value` with every offset below it counted from `day`."""
    if isinstance(value, dict):
        return {key: _shift(part, day) for key, part in value.items()}
    if isinstance(value, list):
        return [_shift(part, day) for part in value]
    if not isinstance(value, str):
        return value
    if offset := _OFFSET.fullmatch(value):
        return _moment(day + timedelta(days=int(offset[1] or 0)), offset[2])
    return _NAMED_DAY.sub(partial(_name_day, day), value)


def _moment(on: date, at: str | None) -> date | datetime:
    return on if at is None else datetime.combine(on, time.fromisoformat(at), tzinfo=UTC)


def _name_day(day: date, found: re.Match[str]) -> str:
    on = day + timedelta(days=int(found[2] or 0))
    return format_date(on, _PATTERNS[found[1]], locale="en_GB")
