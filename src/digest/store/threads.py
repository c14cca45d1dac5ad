"""Threads: the messages about an Event that a Destination got before."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from digest.models import Delivery, Edition, Item
from digest.models.words import DeliveryState, EditionKind
from digest.store.readers import REACHED


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was accepted: its reference and subject."""

    delivery_id: int
    reference: str
    subject: str | None


def earlier(
    session: Session, destination_ids: Iterable[int], event_ids: Iterable[int]
) -> dict[tuple[int, int], list[Sent]]:
    """(destination id, event id) -> the alerts about it that were accepted there, oldest first."""
    found: dict[tuple[int, int], list[Sent]] = defaultdict(list)
    rows = session.execute(
        select(
            Delivery.id,
            Delivery.destination_id,
            Delivery.reference,
            Delivery.subject,
            Item.event_id,
        )
        .join(Edition, Edition.id == Delivery.edition_id)
        .join(Item, Item.edition_id == Edition.id)
        .where(
            Delivery.destination_id.in_(list(destination_ids)),
            Item.event_id.in_(list(event_ids)),
            Edition.kind == EditionKind.ALERT,
            Edition.code != "roundup",
            Delivery.reference.is_not(None),
            Delivery.state.in_((DeliveryState.SENT, DeliveryState.UNKNOWN)),
        )
        .order_by(Delivery.sent_at, Delivery.id)
    )
    for row in rows:
        found[row.destination_id, row.event_id].append(Sent(row.id, row.reference, row.subject))
    return found


def editions_with(event_id: int, before_revision: int) -> Select[int]:
    """Query for the ids of Editions that told a Revision of an Event before this one."""
    return select(Item.edition_id).where(Item.event_id == event_id, Item.revision < before_revision)


def holders(session: Session, event_id: int, before_revision: int) -> set[int]:
    """Destinations that were told an earlier Revision of an Event, or perhaps were."""
    return set(
        session.scalars(
            select(Delivery.destination_id)
            .join(Item, Item.edition_id == Delivery.edition_id)
            .where(
                Item.event_id == event_id,
                Item.revision < before_revision,
                Delivery.state.in_(REACHED),
            )
            .distinct()
        )
    )
