"""What an editor may want to put right in a record. Nothing here refuses or changes it."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Final

from digest.errors import did_you_mean
from digest.models.record import EventRecord
from digest.models.words import (
    CATEGORIES,
    INTEREST_KINDS,
    Certainty,
    Confidence,
    Horizon,
    LinkDirection,
    Role,
    ScenarioKind,
    Status,
    TimePrecision,
)
from digest.render.filters import cut

MAX_HEADLINE = 160
_CLOCKS_DIFFER = timedelta(hours=1)
_ORPHAN = re.compile(r"\w[ ][,;](?=\s|$)")
_SPACED_BY_RULE = ("fr",)  # French sets a blank before ";" on purpose


_CORRECTED: Final = tuple(
    field
    for field in EventRecord.model_fields
    if field not in ("id", "correction", "retraction", "minor", "extra")
)
"""What a correction may name as its field."""


def lint(record: EventRecord, *, now: datetime) -> tuple[str, ...]:
    """Warnings for one record, each a plain sentence."""
    return tuple(warning for rule in _RULES for warning in rule(record, now))


def _headline(record: EventRecord, now: datetime) -> Iterator[str]:
    if len(record.headline) > MAX_HEADLINE:
        yield (
            f"The headline has {len(record.headline)} characters; "
            f"more than {MAX_HEADLINE} are hard to read in a list."
        )


def _orphans(record: EventRecord, now: datetime) -> Iterator[str]:
    if record.lang.split("-")[0] in _SPACED_BY_RULE:
        return
    for where, text in _texts(record):
        for found in _ORPHAN.finditer(text):
            near = text[max(0, found.start() - 25) : found.end() + 5].strip()
            yield f"A link may have been lost in the {where}: “…{near}…”."


def _texts(record: EventRecord) -> Iterator[tuple[str, str]]:
    yield "standfirst", record.standfirst or ""
    yield "takeaway", record.takeaway or ""
    for number, paragraph in enumerate(record.body, 1):
        yield f"text, paragraph {number}", paragraph
    for analysis in record.analyses:
        yield f"analysis ({analysis.section.replace('_', ' ')})", analysis.text
    for assertion in record.assertions:
        yield "scenarios", assertion.text
    for said in record.perspectives:
        yield f"position of {said.actor}", said.text
    yield "significance", record.significance or ""


def _source(record: EventRecord, now: datetime) -> Iterator[str]:
    if not record.sources:
        yield "No source is named."


def _scenarios(record: EventRecord, now: datetime) -> Iterator[str]:
    for assertion in record.assertions:
        if not assertion.horizon:
            yield f"The scenario “{cut(assertion.text, 60)}” has no horizon."


def _perspectives(record: EventRecord, now: datetime) -> Iterator[str]:
    own = [clock for clock in (record.occurred_at, record.reported_at) if clock]
    for said in record.perspectives:
        if said.as_of is None:
            yield f"The position of {said.actor} does not say as of when."
        elif own and said.as_of.date() > max(own).date():
            yield (
                f"The position of {said.actor} is newer ({_day(said.as_of)}) than the event "
                f"({_day(max(own))}); its as-of date will be shown."
            )


def _future(record: EventRecord, now: datetime) -> Iterator[str]:
    clocks = (
        ("occurred", record.occurred_at),
        ("was reported", record.reported_at),
        ("was updated", record.updated_at),
    )
    for what, at in clocks:
        if at and at > now + _CLOCKS_DIFFER:
            yield f"It says that it {what} on {_day(at)}, which is still to come."


def _vocabularies(record: EventRecord, now: datetime) -> Iterator[str]:
    told: list[tuple[str, str | None, tuple[str, ...]]] = [
        ("category", record.category, CATEGORIES),
        ("status", record.status, tuple(Status)),
        ("certainty", record.certainty, tuple(Certainty)),
    ]
    for assertion in record.assertions:
        told += [
            ("kind of scenario", assertion.kind, tuple(ScenarioKind)),
            ("horizon", assertion.horizon, tuple(Horizon)),
            ("confidence", assertion.confidence, tuple(Confidence)),
        ]
    for interest in record.interests:
        told += [
            ("kind of interest", interest.kind, INTEREST_KINDS),
            ("role", interest.role, tuple(Role)),
        ]
    for what, word, known in dict.fromkeys(told):
        if word and word.casefold() not in known:
            yield (
                f"The {what} “{cut(word, 40)}” is not in our list ({', '.join(known)});"
                " it is shown as it is."
            )


def _directions(record: EventRecord, now: datetime) -> Iterator[str]:
    for link in record.links:
        if link.direction not in frozenset(LinkDirection):
            yield (
                f"The link “{cut(link.title, 60)}” is neither a cause nor an effect"
                f" (“{cut(link.direction, 40)}”); it is kept and not shown."
            )


def _precision(record: EventRecord, now: datetime) -> Iterator[str]:
    if record.time_precision not in frozenset(TimePrecision):
        yield (
            f"The time precision “{cut(record.time_precision, 40)}” is not in our list;"
            " only the day is shown."
        )


def _correction(record: EventRecord, now: datetime) -> Iterator[str]:
    field = record.correction.field if record.correction else None
    if field and field not in _CORRECTED:
        near = get_close_matches(field.casefold(), _CORRECTED, 1, 0.75)
        usual = " It may be headline, standfirst, takeaway, body, or any other field of an event."
        yield (
            f"The field “{cut(field, 40)}” of the correction is not known; it is read as if it"
            f" named none.{did_you_mean(near) or usual}"
        )


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


_RULES: tuple[Callable[[EventRecord, datetime], Iterator[str]], ...] = (
    _headline,
    _orphans,
    _source,
    _scenarios,
    _perspectives,
    _future,
    _vocabularies,
    _directions,
    _precision,
    _correction,
)
