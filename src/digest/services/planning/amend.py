"""Amend: digests that still wait when one of their Events is corrected or retracted.

They may wait for the end of quiet hours, for another attempt, or because no sender was there. What
they tell is then right from the start, and nothing needs to be put right behind them.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from digest.edit import amend as in_new_words
from digest.models.content import EditionContent
from digest.models.desk import Candidate
from digest.services.since import righted_since
from digest.store import editions, materials, waiting_digests


def amend(session: Session, candidate: Candidate, now: datetime) -> int:
    """Lets digests that wait and tell `candidate` wrong tell it right; returns how many Editions
    that are. One that has nothing left to tell is not sent."""
    if candidate.righted is None:
        return 0
    waiting = waiting_digests.telling(session, candidate.event_id, candidate.righted, now)
    known = {(candidate.event_id, candidate.revision): candidate.content_hash}
    amended = {
        number: found
        for number, content in editions.load_all(session, waiting).items()
        if (found := _amended(session, candidate, content, now)) is not None
    }
    known |= waiting_digests.hashes(session, amended)
    for number, content in amended.items():
        if content.items or content.watch:
            (edition_id,) = editions.save(session, [content], known, now)
            waiting_digests.tell_instead(session, number, edition_id, now)
        else:
            waiting_digests.end(session, number, now)
    return len(amended)


def _amended(
    session: Session, candidate: Candidate, content: EditionContent, now: datetime
) -> EditionContent | None:
    """None if it tells nothing of it that is wrong."""
    one = next(
        (
            each
            for each in righted_since(session, content, now)
            if each.item.event_id == candidate.event_id
        ),
        None,
    )
    if one is None or one.item.section == "correction":
        return None
    if one.retracted:
        return in_new_words.amend(content, {}, {one.item.slug}, {})
    keys = {(candidate.event_id, candidate.revision)}
    if one.item.told is not None:
        keys.add((candidate.event_id, one.item.told.revision))
    newest = {candidate.event_id: candidate.revision}
    return in_new_words.amend(content, newest, (), materials.materials(session, keys))
