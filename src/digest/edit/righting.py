"""Righting: who was told what is now corrected or retracted, and was that put right?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from digest.edit.facts import normalise
from digest.edit.headline import opening
from digest.models.desk import Candidate, Memory, Reader
from digest.models.record import EventRecord
from digest.models.words import Code, EditionKind
from digest.render.sentences import sentences

SURE = {"headline": 120, "takeaway": 220, "standfirst": 300}  # characters that every Channel shows


@dataclass(frozen=True, slots=True)
class Owed:
    """What one reader must be told: `candidate.righted` puts right what `wrong` told them.

    Of several messages that told it `wrong` is the newest that showed the very error.
    """

    candidate: Candidate
    wrong: Memory


def owed(candidate: Candidate, reader: Reader, kind: EditionKind) -> Owed | None:
    """What an Edition of this kind has still to put right for `reader`; None if nothing.

    Asked for each kind: a digest may go elsewhere than the alert that was wrong.
    """
    heard = reader.heard.get(candidate.event_id, ())
    told = max((one.revision for one in heard if one.kind == kind), default=0)
    rightings = _rightings(candidate)
    settled = max((one for one in rightings if one <= told), default=0)
    for righted in sorted(rightings, reverse=True):
        if righted == settled:
            return None
        one = replace(candidate, righted=righted)
        wrong = [
            memory
            for memory in heard
            if memory.revision >= settled and is_wrong(one, memory.revision, memory.content_hash)
        ]
        if wrong:
            newest = ([memory for memory in wrong if told_in(one, memory)] or wrong)[-1]
            return Owed(one, replace(newest, waits=wrong[-1].waits))
    return None


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


def told_in(candidate: Candidate, memory: Memory) -> str | None:
    """The part of that message in which its reader met the words that a correction calls wrong.

    None if it showed them nowhere: they stood further down in the text, or nobody knows where.
    """
    past = {one.revision: one.record for one in candidate.past}
    told, right = past.get(memory.revision), past.get(candidate.righted or 0)
    if told is None or right is None:
        return None
    wrong = _error(told, right)
    parts = (
        (part, normalise((text or "")[: SURE.get(part)])) for part, text in _parts(told, memory)
    )
    return next((part for part, text in parts if wrong and f" {wrong} " in f" {text} "), None)


def _parts(told: EventRecord, memory: Memory) -> Iterator[tuple[str, str | None]]:
    """What a message showed of this record on every Channel; the standfirst on some."""
    head = opening(told)
    yield "headline", head.headline
    if memory.section in ("lead", "item"):
        yield "takeaway", head.takeaway
    if memory.section == "lead":
        yield "standfirst", head.standfirst
    if memory.section == "correction" and told.correction is not None:
        yield "correction", told.correction.right


def _error(told: EventRecord, right: EventRecord) -> str:
    """The words of `told` that were wrong: those quoted; or, as a correction may put it in words of
    its own, the start of the field that it names or the one sentence that `right` dropped."""
    correction = right.correction
    quoted = normalise(correction.wrong) if correction is not None else ""
    if quoted and _quotes(told, quoted):
        return quoted
    named = getattr(told, correction.field or "", None) if correction is not None else None
    if isinstance(named, str):
        return normalise(next(iter(sentences(named)), ""))
    dropped = _sentences(told) - _sentences(right)
    return dropped.pop() if len(dropped) == 1 else ""


def _sentences(record: EventRecord) -> set[str]:
    texts = (record.headline, record.standfirst, record.takeaway, *record.body)
    found = {normalise(one) for text in texts for one in sentences(text or "")}
    return found - ({normalise(record.headline)} if record.headline_derived else set())


def _value(record: EventRecord, field: str) -> object:
    value = getattr(record, field)
    return normalise(value) if isinstance(value, str) else value


def _quotes(record: EventRecord, words: str) -> bool:
    return any(f" {words} " in f" {text} " for text in _texts(record))


def _texts(record: EventRecord) -> set[str]:
    texts = (record.headline, record.standfirst, record.takeaway, *record.body)
    return {said for text in texts if (said := normalise(text))}


def code(candidate: Candidate) -> Code:
    """The code of the message that puts it right."""
    return Code.RETRACT if candidate.retracted else Code.CORRECT
