"""Reading: a record's text as one reads it from top to bottom, with nothing said twice.

Most real records have the same sentence three times: as a headline that was cut from it, as a
standfirst and as the body. The page of an Event shows all of the text, once.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from digest.edit.facts import normalise
from digest.edit.headline import opening
from digest.edit.heard import Heard
from digest.models.record import EventRecord
from digest.render.filters import clean
from digest.render.sentences import each_sentence, sentences

_CUT = ("…", "...")


@dataclass(frozen=True, slots=True)
class Reading:
    """The text in the order of the page; what is empty or was said above it is left out."""

    headline: str
    standfirst: str
    takeaway: str
    body: tuple[str, ...]


def reading(record: EventRecord) -> Reading:
    """The headline is the one of messages; where it stops in a sentence the standfirst goes on."""
    headline = clean(opening(record).headline)
    heard = Heard([headline, *sentences(headline)])
    rest = ""
    if record.headline_derived:
        stub = headline.removesuffix("…").rstrip()
        texts = [record.takeaway or "", record.standfirst or "", *record.body]
        whole = _beginning(stub, texts)
        heard.add(whole)
        rest = whole[len(stub) :].lstrip(" ,;:–—-").rstrip()
        rest = f"…{rest}" if normalise(rest) else ""
    takeaway = _fresh(heard, record.takeaway)
    # A standfirst that was cut from the body gives way to the whole sentence below.
    below = Heard(one for text in record.body for one in each_sentence(text))
    standfirst = _fresh(heard, _without_cut(record.standfirst or "", below))
    body = [_fresh(heard, paragraph) for paragraph in record.body]
    return Reading(
        headline=headline,
        standfirst=" ".join(part for part in (rest, standfirst) if part),
        takeaway=takeaway,
        body=tuple(paragraph for paragraph in body if paragraph),
    )


def _beginning(stub: str, texts: Iterable[str]) -> str:
    """The longest first sentence of a text that begins with `stub`; "" if none does."""
    firsts = (clean(next(each_sentence(text), "")) for text in texts)
    return max((one for one in firsts if stub and one.startswith(stub)), key=len, default="")


def _without_cut(text: str, below: Heard) -> str:
    parts = sentences(text)
    if parts and parts[-1].endswith(_CUT) and below.knows(parts[-1]):
        return " ".join(parts[:-1])
    return text


def _fresh(heard: Heard, text: str | None) -> str:
    """`text` on one line without what was read; it has been read from then on."""
    return " ".join(clean(one) for one in heard.fresh(text))
