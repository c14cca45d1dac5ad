"""The ledger as people and programs read it."""

from collections import defaultdict
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.models import Delivery, Destination, Edition, Event, Item, Subscriber
from digest.store import deliveries as ledger


def rows(
    session: Session,
    *,
    state: str | None = None,
    channel: str | None = None,
    subscriber_id: int | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:
    """Deliveries with their Items and reasons, newest last."""
    query = (
        select(Delivery, Subscriber.key, Destination.address, Edition.kind, Edition.code)
        .join(Subscriber, Subscriber.id == Delivery.subscriber_id)
        .join(Destination, Destination.id == Delivery.destination_id)
        .join(Edition, Edition.id == Delivery.edition_id)
    )
    if state is not None:
        query = query.where(Delivery.state == state)
    if channel is not None:
        query = query.where(Delivery.channel == channel)
    if subscriber_id is not None:
        query = query.where(ledger.of_subscriber(subscriber_id))
    found = session.execute(query.order_by(Delivery.id.desc()).limit(limit)).all()[::-1]
    items = _items(session, {row.Delivery.edition_id for row in found})
    return [
        {
            "id": row.Delivery.id,
            "subscriber": row.key,
            "channel": row.Delivery.channel,
            "address": row.address,
            "kind": row.kind,
            "code": row.code,
            "slot": row.Delivery.slot,
            "edition": row.Delivery.edition_id,
            "state": row.Delivery.state,
            "attempts": row.Delivery.attempts,
            "unanswered": row.Delivery.unanswered,
            "reason": row.Delivery.reason,
            "detail": row.Delivery.detail,
            "reference": row.Delivery.reference,
            "subject": row.Delivery.subject,
            "waits_until": _iso(ledger.waits_until(row.Delivery)),
            "created_at": _iso(row.Delivery.created_at),
            "sent_at": _iso(row.Delivery.sent_at),
            "items": items[row.Delivery.edition_id],
        }
        for row in found
    ]


def _items(session: Session, edition_ids: set[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = session.execute(
        select(Item, Event.slug, Event.external_id, Event.headline)
        .join(Event, Event.id == Item.event_id)
        .where(Item.edition_id.in_(edition_ids))
        .order_by(Item.edition_id, Item.position)
    )
    for item, slug, external_id, headline in rows:
        found[item.edition_id].append(
            {
                "event": slug,
                "event_id": external_id,
                "headline": headline,
                "revision": item.revision,
                "section": item.section,
                "reasons": item.reasons,
            }
        )
    return found


def _iso(value: Any) -> str | None:
    return value.isoformat() if value is not None else None
