"""The audience of one Event: who follows what it touches, or was told of it before."""

from collections.abc import Iterable

from sqlalchemy import or_, select, union
from sqlalchemy.orm import Session

from digest.models import Follow, ListMember, Slot, Subscriber
from digest.models.desk import Candidate
from digest.models.words import Code, Outcome, SubscriberState
from digest.store import threads

RIGHTING = (Code.CORRECT, Code.RETRACT)


def audience(session: Session, candidate: Candidate) -> list[int]:
    """Ids of the Subscribers to decide about, in order.

    For a correction or retraction: those who were told an earlier Revision, follow or not, and
    even while they pause; for everything else those with a live Follow.
    """
    if candidate.code in RIGHTING:
        told = (
            select(Slot.subscriber_id)
            .join(Subscriber, Subscriber.id == Slot.subscriber_id)
            .where(
                Slot.edition_id.in_(threads.editions_with(candidate.event_id, candidate.revision)),
                Slot.outcome.in_((Outcome.EDITION, Outcome.FOLDED)),
                Subscriber.state != SubscriberState.LEFT,
            )
        )
        return sorted(set(session.scalars(told)))
    return _followers(session, list(candidate.reach), candidate.stories)


def _followers(session: Session, interests: Iterable[int], stories: Iterable[int]) -> list[int]:
    touched = or_(Follow.interest_id.in_(list(interests)), Follow.story_id.in_(list(stories)))
    own = select(Follow.subscriber_id.label("id")).where(touched, Follow.subscriber_id.is_not(None))
    through_lists = (
        select(ListMember.subscriber_id.label("id"))
        .join(Follow, Follow.list_id == ListMember.list_id)
        .where(touched, ListMember.left_at.is_(None))
    )
    every = union(own, through_lists).subquery()
    return list(
        session.scalars(
            select(Subscriber.id)
            .join(every, every.c.id == Subscriber.id)
            .where(Subscriber.state == SubscriberState.ACTIVE)
            .order_by(Subscriber.id)
        )
    )
