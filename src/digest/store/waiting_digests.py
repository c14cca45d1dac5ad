"""Waiting digests: those that are still to be sent, and can tell something else than was planned.

Of one that a worker has in hand, or that perhaps arrived, it is too late for that.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select, update
from sqlalchemy.orm import Session

from digest.models import Delivery, Item, Slot
from digest.models.words import DeliveryState
from digest.store.chunks import chunks
from digest.store.deliveries import DIGESTS, OPEN
from digest.store.memories import REACHED


def telling(session: Session, event_id: int, before_revision: int, now: datetime) -> list[int]:
    """The ids of their Editions that tell a Revision of an Event before this one."""
    older = (Item.event_id == event_id) & (Item.revision < before_revision)
    rows = session.scalars(
        select(Delivery.edition_id)
        .join(Item, Item.edition_id == Delivery.edition_id)
        .where(older, *_waits(now))
        .distinct()
        .order_by(Delivery.edition_id)
    )
    return list(rows)


def hashes(session: Session, edition_ids: Iterable[int]) -> dict[tuple[int, int], str]:
    """The content hash of each (event id, revision) that these Editions tell."""
    return {
        (event_id, revision): content_hash
        for part in chunks(edition_ids)
        for event_id, revision, content_hash in session.execute(
            select(Item.event_id, Item.revision, Item.content_hash).where(Item.edition_id.in_(part))
        )
    }


def tell_instead(session: Session, planned: int, edition_id: int, now: datetime) -> None:
    """Where the Edition `planned` still waits this one is sent; it is what its readers were told,
    unless the other has reached them elsewhere."""
    _change(session, planned, now, edition_id=edition_id)
    there = exists().where(
        Delivery.edition_id == Slot.edition_id,
        Delivery.subscriber_id == Slot.subscriber_id,
        Delivery.state.in_(REACHED),
    )
    session.execute(
        update(Slot)
        .where(Slot.edition_id == planned, ~there)
        .values(edition_id=edition_id)
        .execution_options(synchronize_session=False)
    )


def end(session: Session, planned: int, now: datetime) -> None:
    """Where the Edition `planned` still waits nothing is sent."""
    _change(
        session,
        planned,
        now,
        state=DeliveryState.SUPPRESSED,
        reason="superseded",
        not_before=None,
    )


def _waits(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Delivery.priority == DIGESTS,
        Delivery.state.in_(OPEN),
        or_(Delivery.lease_until.is_(None), Delivery.lease_until < now),
    )


def _change(session: Session, planned: int, now: datetime, **columns: object) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.edition_id == planned, *_waits(now))
        .values(**columns)
        .execution_options(synchronize_session=False)
    )
