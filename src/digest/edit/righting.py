"""Righting: who was told what is now corrected or retracted, and was that put right?"""

from dataclasses import dataclass, replace

from digest.edit.facts import normalise
from digest.models.desk import Candidate, Memory, Reader
from digest.models.record import EventRecord
from digest.models.words import Code, EditionKind


@dataclass(frozen=True, slots=True)
class Owed:
    """What one reader must be told: `candidate.righted` puts right what `wrong` told them."""

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
        for memory in reversed(heard):
            if memory.revision >= settled and is_wrong(one, memory.revision, memory.content_hash):
                return Owed(one, memory)
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
