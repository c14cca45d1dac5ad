"""Righting: who was told what is now corrected or retracted, and was that put right?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from digest.edit.casualties import deaths, in_figures
from digest.edit.facts import normalise
from digest.edit.headline import opening
from digest.models.desk import Candidate, Memory, Mistake, Reader
from digest.models.record import CorrectionRecord, EventRecord
from digest.models.words import Code, EditionKind
from digest.render.sentences import sentences

# Characters of each part that every Channel shows.
SURE = {"headline": 120, "takeaway": 220, "item": 220, "standfirst": 300}
TEXTS = ("headline", "standfirst", "takeaway", "body")
MOST = 0.5  # of a correction's words for the error stand in the sentence that told it


@dataclass(frozen=True, slots=True)
class Owed:
    """What one reader must be told: how `candidate` puts right the `mistakes` of `wrong`.

    Of several messages that told a mistake `wrong` is the newest that showed the very error.
    """

    candidate: Candidate
    wrong: Memory


def owed(candidate: Candidate, reader: Reader, kind: EditionKind) -> Owed | None:
    """What an Edition of this kind has still to put right for `reader`; None if nothing.

    Asked for each kind: a digest may go elsewhere than the alert that was wrong.
    """
    if candidate.righted is None:  # so it is with nearly all, and this is asked for every reader
        return None
    heard = reader.heard.get(candidate.event_id, ())
    told = max((one.revision for one in heard if one.kind == kind), default=0)
    settled = max((one for one in _rightings(candidate) if one <= told), default=0)
    since = [memory for memory in heard if memory.revision >= settled]
    if not (found := mistakes(candidate, since, settled)):
        return None
    one = replace(candidate, righted=max(each.right for each in found))
    wrong = [each for each in since if told_wrong(one, found, each.revision, each.content_hash)]
    newest = ([memory for memory in wrong if _shows_one(one, found, memory)] or wrong)[-1]
    last = wrong[-1]
    kept = replace(newest, waits=last.waits, sending=last.sending, mistakes=found)
    return Owed(one, kept)


def mistakes(
    candidate: Candidate, heard: Sequence[Memory], settled: int = 0
) -> tuple[Mistake, ...]:
    """What these messages told wrong and a Revision after `settled` put right, in that order.

    What was put right more than once is one mistake; none if that brought back what was told.
    """
    past = {one.revision: one.record for one in candidate.past}
    found: list[Mistake] = []
    for righted in sorted(one for one in _rightings(candidate) if one > settled):
        one = replace(candidate, righted=righted)
        again = [_corrects_again(past, mistake.right, righted) for mistake in found]
        if True in again:
            place = again.index(True)
            found[place] = replace(found[place], right=righted)
        elif any(is_wrong(one, memory.revision, memory.content_hash) for memory in heard):
            before = [memory for memory in heard if memory.revision < righted]
            found.append(Mistake(righted, righted, _first(one, before)))
    return tuple(one for one in found if not _brought_back(past, one))


def _first(candidate: Candidate, before: Sequence[Memory]) -> Memory | None:
    """The first of the messages `before` that showed the error, or told what is retracted; not what
    was told before another retraction, which was taken back by that."""
    if not candidate.retracted:
        return next((memory for memory in before if told_in(candidate, memory)), None)
    gone = max((one.revision for one in candidate.past[:-1] if one.code is Code.RETRACT), default=0)
    return next((memory for memory in before if memory.revision > gone), before[0])


def told_wrong(
    candidate: Candidate, found: Iterable[Mistake], revision: int, content_hash: str
) -> bool:
    """Whether who was told this Revision was told one of these mistakes."""
    return any(
        is_wrong(replace(candidate, righted=one.righted), revision, content_hash) for one in found
    )


def _shows_one(candidate: Candidate, found: Iterable[Mistake], memory: Memory) -> bool:
    return any(
        memory.revision < one.righted and told_in(replace(candidate, righted=one.righted), memory)
        for one in found
    )


_Records = Mapping[int, EventRecord | None]


def _corrects_again(past: _Records, righted: int, later: int) -> bool:
    """Whether a `later` Revision calls wrong what one gave as right, or a part of that: then it has
    the last word. Nobody is told as right what is known to be wrong.

    It also does so if both name the same field, unless what it corrects was there before the first
    of the two: that is another error, which stood beside it.
    """
    before, first, second = past.get(righted - 1), past.get(righted), past.get(later)
    if first is None or second is None or not first.correction or not second.correction:
        return False
    if _takes_back(second.correction, first.correction.right):
        return True
    if first.correction.field is None or first.correction.field != second.correction.field:
        return False
    wrong = normalise(second.correction.wrong)
    return before is None or not wrong or not _quotes(before, wrong)


def _takes_back(correction: CorrectionRecord, right: str) -> bool:
    """Whether `right` has the words that are wrong, or most of those that it replaces; or a number
    that it replaces, if both count the dead or have most of the words around it."""
    wrong, said = normalise(correction.wrong), normalise(right)
    if wrong and said and (_holds(said, wrong) or _holds(wrong, said)):
        return True
    words, shared = _words(correction.wrong), _words(correction.wrong) & _words(right)
    replaced = words - _words(correction.right)
    gone = replaced & shared
    counted = _numbers(gone)
    if gone - counted and len(gone) >= MOST * len(replaced):
        return True
    around, here = words - _numbers(words), shared - _numbers(shared)
    same_toll = 0 < deaths(correction.wrong) == deaths(right)
    return bool(counted) and (same_toll or len(here) > MOST * len(around))


def _brought_back(past: _Records, one: Mistake) -> bool:
    """Whether what is right in the end is what was told at first."""
    first, last = past.get(one.righted), past.get(one.right)
    if one.right == one.righted or not (first and last and first.correction and last.correction):
        return False
    return normalise(first.correction.wrong) == normalise(last.correction.right)


def _rightings(candidate: Candidate) -> set[int]:
    """The Revisions that put something right. Of what is retracted only the retraction counts, and
    one that was itself taken back doesn't."""
    if candidate.righted is None:
        return set()
    code = Code.RETRACT if candidate.retracted else Code.CORRECT
    found = {one.revision for one in candidate.past if one.code is code}
    if candidate.retracted:
        return {max(found, default=candidate.righted)}
    return found if candidate.past else {candidate.righted}


def is_wrong(candidate: Candidate, revision: int, content_hash: str) -> bool:
    """Whether who was told this Revision was told what `candidate.righted` puts right.

    A retraction takes back every Revision before it; a correction the one right before it, and
    earlier ones that say the same: all of it, or the words that were wrong.
    """
    righted = candidate.righted
    if righted is None or revision >= righted:
        return False
    if candidate.retracted or revision == righted - 1:
        return True
    past = {one.revision: one for one in candidate.past}
    wrong, right, told = past.get(righted - 1), past.get(righted), past.get(revision)
    if wrong is None or right is None or told is None:
        return False
    if content_hash == wrong.content_hash:
        return True
    if wrong.record is None or right.record is None or told.record is None:
        return False
    return _says_the_same(told.record, wrong.record, right.record)


def _says_the_same(told: EventRecord, wrong: EventRecord, right: EventRecord) -> bool:
    """Whether `told` has the error of `wrong`: in the field that the correction names; else the
    words that it quotes; else any text of `wrong` that `right` has no longer."""
    correction = right.correction
    if correction is not None and correction.field in EventRecord.model_fields:
        return _value(told, correction.field) == _value(wrong, correction.field)
    quoted = normalise(correction.wrong) if correction is not None else ""
    if quoted and _quotes(wrong, quoted):
        return _quotes(told, quoted)
    return bool((_texts(wrong) - _texts(right)) & _texts(told))


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that a message showed, and in which part."""

    part: str
    text: str


def told_in(candidate: Candidate, memory: Memory) -> Said | None:
    """What that message showed its reader of what a correction calls wrong, as it was sent.

    The correction's own words for it; or else the one sentence that the correction took out; or
    else what has most of those words, of all that it took out. None if it stood further down in the
    text, or nobody knows where: then nothing is quoted.
    """
    past = {one.revision: one.record for one in candidate.past}
    told, right = past.get(memory.revision), past.get(candidate.righted or 0)
    if told is None or right is None or right.correction is None:
        return None
    shown, correction = [*_shown(told, memory)], right.correction
    quoted = normalise(correction.wrong)
    if quoted and (found := next((one for one in shown if _holds(one.text, quoted)), None)):
        return found
    gone = _sentences(told) - _sentences(right)
    if is_wrong(candidate, memory.revision, memory.content_hash):
        named = _sentences(told, correction.field) if correction.field in TEXTS else gone
        only = gone & named
        if len(only) == 1 and (
            whole := next((x for x in shown if normalise(x.text) in only), None)
        ):
            return whole
    replaced = [one for one in shown if any(_holds(each, normalise(one.text)) for each in gone)]
    best = max(replaced, key=lambda one: _likeness(one.text, correction), default=None)
    return best if best and _likeness(best.text, correction) >= MOST else None


def _shown(told: EventRecord, memory: Memory) -> Iterator[Said]:
    """Each sentence of the message, then all of its part, as far as every Channel shows them."""
    for part, text in _parts(told, memory):
        whole, most = text or "", SURE.get(part)
        if most is not None and len(whole) > most:
            whole = whole[:most].rpartition(" ")[0] + "…"
        if part != "headline":
            yield from (Said(part, one) for one in sentences(whole) if normalise(one))
        if normalise(whole):
            yield Said(part, whole)


def _likeness(text: str, correction: CorrectionRecord) -> float:
    """How much of a correction's words for the error stands in `text`, 0..1; 0 for a single word,
    for what lacks a number that was wrong, or is no nearer to the error than to what is right."""
    wrong, right, said = map(_words, (correction.wrong, correction.right, text))
    shared = wrong & said
    if len(shared) < max(2, len(right & said) + 1) or not _numbers(wrong - right) <= shared:
        return 0.0
    return len(shared) / len(wrong)


def _words(text: str) -> set[str]:
    """Numbers in figures, and of each word its beginning: "kills" and "killed" are one. Without the
    shortest, which stand in every sentence."""
    each = normalise(in_figures(text)).split()
    return {one if one.isdigit() else one[:4] for one in each if len(one) > 2 or one.isdigit()}


def _numbers(words: set[str]) -> set[str]:
    return {one for one in words if one.isdigit()}


def _holds(text: str, words: str) -> bool:
    return f" {words} " in f" {normalise(text)} "


def _parts(told: EventRecord, memory: Memory) -> Iterator[tuple[str, str | None]]:
    """What a message showed of this record; see `content.IN_MAILS` for what chats may leave out."""
    head = opening(told)
    yield "headline", head.headline
    if memory.section == "lead":
        yield "takeaway", head.takeaway
        yield "standfirst", head.standfirst
    if memory.section in ("item", "correction"):
        yield "item", head.takeaway
    if memory.section == "correction" and told.correction is not None:
        yield "correction", told.correction.right


def _sentences(record: EventRecord, *fields: str) -> set[str]:
    found = {normalise(one) for text in _words_of(record, *fields) for one in sentences(text)}
    return found - ({normalise(record.headline)} if record.headline_derived else set())


def _value(record: EventRecord, field: str) -> object:
    value = getattr(record, field)
    return normalise(value) if isinstance(value, str) else value


def _quotes(record: EventRecord, words: str) -> bool:
    return any(_holds(text, words) for text in _texts(record))


def _texts(record: EventRecord) -> set[str]:
    return {said for text in _words_of(record) if (said := normalise(text))}


def _words_of(record: EventRecord, *fields: str) -> Iterator[str]:
    """Its headline, paragraphs, ...; of `fields` if there are any."""
    for field in fields or TEXTS:
        value = getattr(record, field)
        yield from [value] if isinstance(value, str) else value or ()


def code(candidate: Candidate) -> Code:
    """The code of the message that puts it right."""
    return Code.RETRACT if candidate.retracted else Code.CORRECT
