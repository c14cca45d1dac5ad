"""The audience of one Event: who follows what it touches, or was told of it before."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select, union
from sqlalchemy.orm import Session

from digest.models import Follow, ListMember, Slot, Subscriber
from digest.models.desk import Candidate
from digest.models.words import Outcome, SubscriberState
from digest.store import readers, threads


def audience(session: Session, candidate: Candidate, now: datetime) -> list[int]:
    """Ids of the Subscribers to decide about, in order.

    Those with a live Follow; and when something is put right, all who were told an earlier
    Revision, follow or not, and even while they pause. Nobody new hears of what is retracted.
    """
    found: set[int] = set()
    if not candidate.retracted:
        found.update(_followers(session, candidate.reach, candidate.stories, now))
    if candidate.righted is not None:
        found.update(_told(session, candidate.event_id, candidate.righted))
    return sorted(found)


def _told(session: Session, event_id: int, before_revision: int) -> Iterable[int]:
    return session.scalars(
        select(Slot.subscriber_id)
        .join(Subscriber, Subscriber.id == Slot.subscriber_id)
        .where(
            Slot.edition_id.in_(threads.editions_with(event_id, before_revision)),
            Slot.outcome == Outcome.EDITION,
            Subscriber.state != SubscriberState.LEFT,
        )
        .distinct()
    )


def _followers(
    session: Session, interests: Iterable[int], stories: Iterable[int], now: datetime
) -> Iterable[int]:
    touched = or_(Follow.interest_id.in_(list(interests)), Follow.story_id.in_(list(stories)))
    own = select(Follow.subscriber_id.label("id")).where(touched, Follow.subscriber_id.is_not(None))
    through_lists = (
        select(ListMember.subscriber_id.label("id"))
        .join(Follow, Follow.list_id == ListMember.list_id)
        .where(touched, ListMember.left_at.is_(None))
    )
    every = union(own, through_lists).subquery()
    return session.scalars(
        select(Subscriber.id).join(every, every.c.id == Subscriber.id).where(readers.reachable(now))
    )
