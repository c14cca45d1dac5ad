"""Reading: a record's text as one reads it from top to bottom, with nothing said twice.

Most real records have the same sentence three times: as a headline that was cut from it, as a
standfirst and as the body. The page of an Event shows all of the text, once.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from digest.edit.facts import normalise
from digest.edit.headline import opening
from digest.models.record import EventRecord
from digest.render.filters import clean
from digest.render.sentences import sentences

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
    headline = clean(opening(_beginnings(record)).headline)
    heard = _Heard([headline, *sentences(headline)])
    rest = ""
    if record.headline_derived:
        stub = headline.removesuffix("…").rstrip()
        texts = [record.takeaway or "", record.standfirst or "", *record.body]
        whole = _beginning(stub, texts)
        heard.add(whole)
        rest = whole[len(stub) :].lstrip(" ,;:–—-").rstrip()
        rest = f"…{rest}" if normalise(rest) else ""
    takeaway = heard.fresh(record.takeaway or "")
    # A standfirst that was cut from the body gives way to the whole sentence below.
    below = _Heard([one for text in record.body for one in sentences(text)])
    standfirst = heard.fresh(_without_cut(record.standfirst or "", below))
    body = [heard.fresh(paragraph) for paragraph in record.body]
    return Reading(
        headline=headline,
        standfirst=" ".join(part for part in (rest, standfirst) if part),
        takeaway=takeaway,
        body=tuple(paragraph for paragraph in body if paragraph),
    )


def _beginnings(record: EventRecord) -> EventRecord:
    """`record` with the first sentence of each text: the headline needs no more, and to compare
    all the sentences of a long one takes long."""

    def first(text: str | None) -> str | None:
        return next(iter(sentences(text or "")), None)

    body = next((one for text in record.body if (one := first(text))), None)
    return record.model_copy(
        update={
            "standfirst": first(record.standfirst),
            "takeaway": first(record.takeaway),
            "body": (body,) if body else (),
        }
    )


def _beginning(stub: str, texts: Iterable[str]) -> str:
    """The longest first sentence of a text that begins with `stub`; "" if none does."""
    firsts = (clean(one) for text in texts for one in sentences(text)[:1])
    return max((one for one in firsts if stub and one.startswith(stub)), key=len, default="")


def _without_cut(text: str, below: "_Heard") -> str:
    parts = sentences(text)
    if parts and parts[-1].endswith(_CUT) and below.knows(parts[-1]):
        return " ".join(parts[:-1])
    return text


@dataclass
class _Heard:
    """What a reader has read. Sorted, so that the beginning of a sentence is found at once in a
    text of any length."""

    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.words = sorted(said for one in self.words if (said := normalise(one)))

    def add(self, sentence: str) -> None:
        if said := normalise(sentence):
            insort(self.words, said)

    def knows(self, sentence: str) -> bool:
        """Whether it was read, or a longer one that begins with it."""
        said = normalise(sentence)
        place = bisect_left(self.words, said)
        found = self.words[place : place + 1]
        return not said or any(f"{one} ".startswith(f"{said} ") for one in found)

    def fresh(self, text: str) -> str:
        """`text` on one line without what was read; it has been read from then on."""
        kept = []
        for sentence in sentences(text):
            if not self.knows(sentence):
                self.add(sentence)
                kept.append(clean(sentence))
        return " ".join(kept)
