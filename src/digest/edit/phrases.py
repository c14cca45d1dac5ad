"""Finding many phrases in a text at once: word by word through a tree, the longest first."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from digest.models.gazetteer import Alias, InterestEntry
from digest.models.names import Word, words
from digest.models.words import InterestKind


@dataclass(frozen=True, slots=True)
class Found:
    """`text[start:end]` shows the Interest `slug`; it begins with the text's word number `word`."""

    slug: str
    start: int
    end: int
    word: int


@dataclass(slots=True)
class _Ending:
    """What a phrase that ends here says, for those who write it so (None: in any case)."""

    slug: str
    topic: bool
    refuses: bool
    written: tuple[str, ...] | None = None
    acronym: bool = False


@dataclass(slots=True)
class _Node:
    next: dict[str, "_Node"] = field(default_factory=dict)
    endings: list[_Ending] = field(default_factory=list)


@dataclass(slots=True)
class _Span:
    """Words `first` to `last` show `slugs`, which are all topics, or none of them is."""

    first: int
    last: int
    slugs: set[str]
    topic: bool


class Phrases:
    """The signs of all entries as one tree of words.

    A phrase begins and ends at word bounds. Where two overlap the longer one counts, of equally
    long ones the first; but topics and names of others leave each other alone, since "Archbishop
    of Canterbury" speaks of a country and of religion. A phrase of `not_` keeps its own entry from
    being found within it and nothing else. In a text all in capitals a bare acronym counts for
    nothing: "US" could be "us".
    """

    def __init__(self, entries: Iterable[InterestEntry]) -> None:
        self._root = _Node()
        for entry in entries:
            for alias in entry.signs:
                self._add(alias, entry, refuses=False)
            for alias in entry.not_:
                self._add(alias, entry, refuses=True)

    def find(self, text: str) -> list[Found]:
        """Every sign in `text`, in order of place; the same place may show several Interests."""
        parts = words(text)
        shouted = not any(char.islower() for char in text)
        shown, refused = self._spans(parts, shouted)
        numbers = _word_numbers(parts)
        found: list[Found] = []
        for span in _longest_first(shown, refused, len(parts)):
            start, end = parts[span.first].start, parts[span.last].end
            found += [Found(slug, start, end, numbers[span.first]) for slug in sorted(span.slugs)]
        found.sort(key=lambda one: (one.start, one.slug))
        return found

    def _spans(
        self, parts: list[Word], shouted: bool
    ) -> tuple[list[_Span], dict[str, list[tuple[int, int]]]]:
        shown: list[_Span] = []
        refused: dict[str, list[tuple[int, int]]] = defaultdict(list)
        root = self._root.next
        for first in range(len(parts)):
            node = root.get(parts[first].folded)
            last = first
            while node is not None:
                slugs: dict[bool, set[str]] = {}
                for ending in node.endings:
                    if _written_so(ending, parts, first, shouted):
                        if ending.refuses:
                            refused[ending.slug].append((first, last))
                        else:
                            slugs.setdefault(ending.topic, set()).add(ending.slug)
                for topic, those in slugs.items():
                    shown.append(_Span(first, last, those, topic))
                last += 1
                node = node.next.get(parts[last].folded) if last < len(parts) else None
        return shown, refused

    def _add(self, alias: Alias, entry: InterestEntry, *, refuses: bool) -> None:
        parts = words(alias.text)
        if not parts:
            return
        ending = _Ending(entry.slug, entry.kind is InterestKind.TOPIC, refuses)
        folded = [part.folded for part in parts]
        if not alias.case:
            self._end(folded, ending)
            if parts[-1].is_word and len(folded[-1]) > 2 and not folded[-1].endswith("s"):
                self._end([*folded[:-1], folded[-1] + "s"], ending)
            return
        written = tuple(part.text for part in parts)
        acronym = len(parts) == 1 and alias.text.isupper() and alias.text.isalnum()
        for form in {written, tuple(part.text.upper() for part in parts)}:
            self._end(folded, replace(ending, written=form, acronym=acronym))

    def _end(self, folded: list[str], ending: _Ending) -> None:
        node = self._root
        for part in folded:
            node = node.next.setdefault(part, _Node())
        if ending not in node.endings:
            node.endings.append(ending)


def _written_so(ending: _Ending, parts: list[Word], first: int, shouted: bool) -> bool:
    if ending.written is None:
        return True
    if shouted and ending.acronym:
        return False
    return all(
        part.text == form
        for part, form in zip(
            parts[first : first + len(ending.written)], ending.written, strict=True
        )
    )


def _longest_first(
    shown: list[_Span], refused: dict[str, list[tuple[int, int]]], size: int
) -> list[_Span]:
    taken = {topic: bytearray(size) for topic in (False, True)}
    kept: list[_Span] = []
    for span in sorted(shown, key=lambda s: (s.first - s.last, s.first)):
        slugs = {slug for slug in span.slugs if not _inside(span, refused.get(slug, ()))}
        used = taken[span.topic]
        if slugs and not any(used[span.first : span.last + 1]):
            used[span.first : span.last + 1] = b"\x01" * (span.last - span.first + 1)
            kept.append(replace(span, slugs=slugs))
    return kept


def _inside(span: _Span, others: Iterable[tuple[int, int]]) -> bool:
    return any(first <= span.first and span.last <= last for first, last in others)


def _word_numbers(parts: list[Word]) -> list[int]:
    numbers: list[int] = []
    count = 0
    for part in parts:
        numbers.append(count)
        count += part.is_word
    return numbers
