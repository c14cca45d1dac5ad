"""Waiting alerts: what a digest that is planned meanwhile tells in their place."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from digest.models import Delivery, Item
from digest.models.words import DeliveryState
from digest.store.chunks import chunks
from digest.store.deliveries import ALERTS, OPEN
from digest.store.given import among
from digest.store.threads import MENDS
from digest.store.under_way import THEIRS


@dataclass(frozen=True, slots=True)
class WaitingAlert:
    """An alert that has not gone out to a Destination yet, and the Events it tells."""

    delivery_id: int
    destination_id: int
    event_ids: frozenset[int]


_ALERTS = (
    select(Delivery.id, Delivery.subscriber_id, Delivery.destination_id, Delivery.edition_id)
    .where(
        THEIRS,
        Delivery.state.in_(OPEN),
        Delivery.priority == ALERTS,
        ~Delivery.slot.startswith(MENDS),
    )
    .order_by(Delivery.id)
)
_EVENTS = select(Item.edition_id, Item.event_id).where(among(Item.edition_id, "editions"))


def of_subscribers(
    session: Session, subscriber_ids: Iterable[int]
) -> Mapping[int, list[WaitingAlert]]:
    """Each Subscriber's alerts that wait to be sent.

    They wait until this transaction ends: nobody sends them meanwhile. One that a worker has in
    hand is not among them.
    """
    query = _ALERTS
    if session.get_bind().dialect.name == "postgresql":
        query = query.with_for_update(of=Delivery, skip_locked=True)
    rows = session.execute(query, {"subscribers": list(subscriber_ids)}).all()
    if not rows:
        return {}
    told: dict[int, set[int]] = defaultdict(set)
    asked = {"editions": {row.edition_id for row in rows}}
    for edition_id, event_id in session.execute(_EVENTS, asked):
        told[edition_id].add(event_id)
    found: dict[int, list[WaitingAlert]] = defaultdict(list)
    for row in rows:
        if row.edition_id in told:
            one = WaitingAlert(row.id, row.destination_id, frozenset(told[row.edition_id]))
            found[row.subscriber_id].append(one)
    return found


def leave_to_digest(session: Session, delivery_ids: Iterable[int]) -> None:
    """Alerts that wait are not sent any more: a digest tells what they had to."""
    for part in chunks(delivery_ids):
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(part), Delivery.state.in_(OPEN))
            .values(state=DeliveryState.SUPPRESSED, reason="in_digest", not_before=None)
            .execution_options(synchronize_session=False)
        )
