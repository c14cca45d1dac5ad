"""One entry of a document, read or refused, and how fields become an EventRecord."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, tostring

from pydantic import ValidationError

from digest.errors import InputError
from digest.formats.text import first_sentence, line
from digest.formats.values import stable_id
from digest.models.record import EventRecord

MAX_RAW = 4_000  # characters of a refused entry that are kept for the rejects file
_SHOWN_FAULTS = 3

Notes = list[str]
"""Warnings that a parser collects while it reads one entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What became of one entry: either `record` or `error` is set.

    `place` is "line 12" or "entry 3", `error` one plain line, `raw` the refused entry's own text.
    """

    place: str
    record: EventRecord | None = None
    error: str | None = None
    raw: str = ""
    warnings: tuple[str, ...] = ()


class NoEntries(InputError):
    """The document can be read, but it holds no entry. Not a fault in a feed that is polled."""


def attempt(place: str, raw: object, read: Callable[[Notes], EventRecord]) -> Entry:
    """The Entry that `read` gives; an InputError from it becomes a refusal that keeps `raw`."""
    notes: Notes = []
    try:
        return Entry(place, read(notes), warnings=tuple(notes))
    except InputError as error:
        return Entry(place, None, str(error), _bounded(raw), tuple(notes))


def refused(place: str, raw: object, error: str) -> Entry:
    return Entry(place, None, error, _bounded(raw))


def assemble(fields: Mapping[str, Any]) -> EventRecord:
    """An EventRecord of `fields`, after filling what every record needs.

    Without a headline the first sentence of the text becomes one (and says so); without an id it is
    a hash of address and headline, so that the same entry is the same Event next time.

    Raises:
        InputError: a value does not fit, or there is no word to make a headline of.
    """
    wanted = {key: value for key, value in fields.items() if value is not None}
    wanted["headline"] = line(wanted.get("headline"))
    if not wanted["headline"]:
        wanted["headline"] = first_sentence(_opening(wanted))
        wanted["headline_derived"] = True
    if not wanted["headline"]:
        raise InputError("there is no headline, and no text to take one from")
    if not wanted.get("id"):
        wanted["id"] = stable_id(wanted.get("url"), wanted["headline"])
    try:
        return EventRecord.model_validate(wanted)
    except ValidationError as error:
        raise InputError(_in_one_line(error)) from None


def _opening(fields: Mapping[str, Any]) -> str:
    """The first text there is, in the order in which a page shows it."""
    body = fields.get("body") or ()
    paragraphs = [body] if isinstance(body, str) else [part for part in body if part]
    texts = (fields.get("standfirst"), fields.get("takeaway"), *paragraphs)
    return next((text for text in map(line, texts) if text), "")


def _in_one_line(error: ValidationError) -> str:
    faults = error.errors(include_url=False, include_context=False)
    told = []
    for fault in faults[:_SHOWN_FAULTS]:
        where = ".".join(str(part) for part in fault["loc"])
        what = fault["msg"].replace("Input should", "should")
        told.append(f"{where}: {what}, not {_glimpse(fault['input'])}")
    if len(faults) > _SHOWN_FAULTS:
        told.append(f"and {len(faults) - _SHOWN_FAULTS} more")
    return "; ".join(told)


def _glimpse(value: object, length: int = 60) -> str:
    text = line(repr(value))
    return text if len(text) <= length else text[:length] + "…"


def _bounded(raw: object) -> str:
    if isinstance(raw, Element):
        raw = tostring(raw, encoding="unicode")
    if isinstance(raw, bytes):
        raw = raw[: MAX_RAW * 4].decode("utf-8", "replace")
    if not isinstance(raw, str):
        raw = json.dumps(raw, ensure_ascii=False, default=str)
    return raw.encode("utf-8", "replace").decode()[:MAX_RAW]
