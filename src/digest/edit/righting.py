"""Righting: who was told what is now corrected or retracted, and was that put right?"""

from digest.models.desk import Candidate, Memory, Reader
from digest.models.words import Code, EditionKind


def wrong(candidate: Candidate, reader: Reader) -> Memory | None:
    """The last that `reader` was told before it was put right; None if they never were."""
    if candidate.righted is None:
        return None
    heard = reader.heard.get(candidate.event_id, ())
    return next((one for one in reversed(heard) if one.revision < candidate.righted), None)


def put_right(candidate: Candidate, reader: Reader, kind: EditionKind) -> bool:
    """Whether an Edition of this kind has told `reader` the right version.

    Asked for each kind: a digest may go elsewhere than the alert that was wrong.
    """
    return candidate.righted is not None and any(
        one.kind == kind and one.revision >= candidate.righted
        for one in reader.heard.get(candidate.event_id, ())
    )


def code(candidate: Candidate) -> Code:
    """The code of the message that puts it right."""
    return Code.RETRACT if candidate.retracted else Code.CORRECT
