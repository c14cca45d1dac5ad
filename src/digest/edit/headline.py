"""The opening of an Item: headline, standfirst and takeaway, from whatever the record has.

Most real records have a text and nothing else. The takeaway falls back to the standfirst, then to
the first sentence of the body; a headline that was cut from that very sentence gives way to the
whole sentence, so that nobody reads the same words twice. No text is ever invented.
"""

import re
from dataclasses import dataclass

from digest.edit.facts import normalise
from digest.models.record import EventRecord

WHOLE_SENTENCE = 180  # characters a first sentence may have to serve as the headline itself
# A full stop ends a sentence when a capital, quotation mark or digit follows; not after initials
# and common abbreviations.
_SENTENCE = re.compile(
    r"(?<!\b[A-Z])(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bDr)(?<!\bSt)(?<!\bGen)(?<!\bCol)(?<!\bLt)"
    r"(?<!\bNo)(?<!\bvs)(?<!\bJr)(?<!\bSr)(?<!\bInc)(?<!\bCo)(?<!\bRep)(?<!\bSen)(?<!\bGov)"
    r"[.!?…]['\"”’)\]]*\s+(?=[\"'“‘(]?[^\W\d_]|\d)"
)


@dataclass(frozen=True, slots=True)
class Opening:
    headline: str
    standfirst: str | None
    takeaway: str | None


def sentences(text: str) -> list[str]:
    """`text` in sentences; abbreviations and initials don't end one."""
    parts: list[str] = []
    start = 0
    for match in _SENTENCE.finditer(text):
        following = text[match.end() : match.end() + 1]
        if following.islower():
            continue
        parts.append(text[start : match.end()].strip())
        start = match.end()
    tail = text[start:].strip()
    return [*parts, tail] if tail else parts


def opening(record: EventRecord) -> Opening:
    """What a reader meets first. None of the three repeats another."""
    headline = record.headline.strip()
    standfirst = (record.standfirst or "").strip() or None
    stated = (record.takeaway or "").strip() or None
    text = sentences(record.body[0]) if record.body else sentences(standfirst or "")
    if record.headline_derived and text and _begins(text[0], headline):
        return _from_text(headline, text, stated)
    takeaway = stated or standfirst or (text[0] if text else None)
    if takeaway and normalise(takeaway) == normalise(headline):
        takeaway = text[1] if len(text) > 1 else None
    if standfirst and normalise(standfirst) in (normalise(headline), normalise(takeaway)):
        standfirst = None
    return Opening(headline, standfirst, takeaway)


def _from_text(headline: str, text: list[str], stated: str | None) -> Opening:
    if len(text[0]) <= WHOLE_SENTENCE:
        return Opening(text[0].removesuffix("."), None, stated or " ".join(text[1:3]) or None)
    return Opening(headline, None, stated or text[0])


def _begins(sentence: str, headline: str) -> bool:
    return normalise(sentence).startswith(normalise(headline.rstrip("…. ")))
