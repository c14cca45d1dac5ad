"""Suppress: an address gets no more mail, whoever it belongs to, until an admin lifts that.

Its Subscriber stays as they are: they follow what they followed, and what they receive elsewhere
goes on. Also of a complaint: who calls one mail spam has not unsubscribed from Slack.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from digest.models import AuditEntry, Delivery, Destination, Suppression
from digest.models.words import DeliveryState
from digest.store.bounces import MAIL
from digest.store.deliveries import OPEN
from digest.store.upsert import insert_new

COMPLAINT = "complaint"


def suppress(
    session: Session, address: str, reason: str, now: datetime, actor: str, detail: str = ""
) -> int:
    """Returns how many Destinations were paused. Once more does no harm; a complaint is a reason
    that no other replaces."""
    values: dict[str, Any] = {"channel": MAIL, "address": address, "reason": reason, "at": now}
    insert_new(session, Suppression, [values], ("channel", "address"))
    if reason == COMPLAINT:
        session.execute(
            update(Suppression)
            .where(Suppression.channel == MAIL, Suppression.address == address)
            .values(reason=reason)
            .execution_options(synchronize_session=False)
        )
    return sum(
        disable(session, destination, reason, now, actor, detail)
        for destination in session.scalars(
            select(Destination)
            .where(Destination.channel == MAIL, Destination.address == address)
            .order_by(Destination.id)
            .with_for_update()
        )
    )


def disable(
    session: Session,
    destination: Destination,
    reason: str,
    now: datetime,
    actor: str,
    detail: str = "",
) -> bool:
    """Pauses a Destination and stops what waits for it; False: it was already."""
    if destination.disabled_at is not None:
        return False
    destination.disabled_at, destination.disabled_reason = now, reason
    session.execute(
        update(Delivery)
        .where(Delivery.destination_id == destination.id, Delivery.state.in_(OPEN))
        .values(state=DeliveryState.SUPPRESSED, reason=reason)
        .execution_options(synchronize_session=False)
    )
    session.add(
        AuditEntry(
            at=now,
            actor=actor,
            action="destination paused",
            subject=f"destination {destination.id}",
            detail={"reason": reason, "detail": detail},
        )
    )
    return True
