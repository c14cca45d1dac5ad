"""The severity of an Event that nobody rated: a documented prior (docs/desk.md), never a claim.

A stated severity, and a level mapped from CAP or GDACS, come first. An editor overrides all.
"""

import re

from digest.models.record import EventRecord
from digest.models.words import SeverityOrigin

CATEGORY_PRIOR = {
    "conflict": 3,
    "disaster": 3,
    "diplomacy": 2,
    "politics": 2,
    "law": 2,
    "economy": 2,
    "health": 2,
    "science": 1,
    "culture": 1,
    "sport": 1,
}
DEFAULT_PRIOR = 2
DEAD_FOR_MAJOR = 20
DEAD_FOR_CRITICAL = 200
WIDELY_REPORTED = 3  # independent publishers that lift an Event by one, up to 4

_UP_TO_TWENTY = """one two three four five six seven eight nine ten eleven twelve thirteen
    fourteen fifteen sixteen seventeen eighteen nineteen twenty"""
_NUMBERS = {word: value for value, word in enumerate(_UP_TO_TWENTY.split(), start=1)}
_NUMBERS |= {"dozens": 24, "hundreds": 200, "thousands": 1000}
_COUNT = r"(?P<count>\d[\d,]*|" + "|".join(_NUMBERS) + r")"
_DEATHS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_COUNT}\s+(?:\w+\s+){{0,3}}?(?:are|were|is|was|have been|has been)?\s*"
        r"(?:reported\s+|confirmed\s+)?(?:killed|dead|died)\b",
        rf"\bkill(?:s|ed|ing)\s+(?:at least|more than|over|about|nearly|up to)?\s*{_COUNT}\b",
        rf"\bdeath toll\b[^.]{{0,40}}?\b(?:to|at|of)\s+(?:at least\s+)?{_COUNT}\b",
    )
]


def rate(record: EventRecord) -> tuple[int, SeverityOrigin]:
    """(severity 1..5, who set it)."""
    if record.severity is not None:
        return record.severity, SeverityOrigin.STATED
    if record.severity_prior is not None:
        return record.severity_prior, SeverityOrigin.DERIVED
    level = CATEGORY_PRIOR.get((record.category or "").casefold(), DEFAULT_PRIOR)
    dead = deaths(" ".join((record.headline, record.standfirst or "", *record.body[:2])))
    if dead >= DEAD_FOR_CRITICAL:
        level = 5
    elif dead >= DEAD_FOR_MAJOR:
        level = max(level, 4)
    if len(record.publishers) >= WIDELY_REPORTED:
        level = max(level, min(4, level + 1))
    if record.breaking:
        level = max(level, 4)
    return level, SeverityOrigin.DERIVED


def deaths(text: str) -> int:
    """The largest number of dead that `text` speaks of in a form we are sure of; else 0."""
    found = [match.group("count").casefold() for rule in _DEATHS for match in rule.finditer(text)]
    return max((_number(word) for word in found), default=0)


def _number(word: str) -> int:
    return _NUMBERS[word] if word in _NUMBERS else int(word.replace(",", "") or 0)
