"""When a provider refuses: a Destination is paused or moved, a Channel is stopped for a while."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from digest.errors import Action, DeliveryError
from digest.models import AuditEntry, ChannelStop, Delivery, Destination
from digest.models.words import DeliveryState

TRY_AGAIN = timedelta(minutes=15)


def stop_channel(session: Session, channel: str, error: DeliveryError, now: datetime) -> None:
    """Nothing is sent over `channel` for a while; what waits stays in the ledger."""
    stop = session.get(ChannelStop, channel) or ChannelStop(channel=channel)
    stop.reason, stop.detail = error.reason, error.detail
    stop.at, stop.until = now, now + TRY_AGAIN
    session.add(stop)
    _audit(session, now, "channel stopped", channel, error)


def take_back(session: Session, delivery: Delivery, error: DeliveryError, now: datetime) -> None:
    """Pauses the Destination, or stores its new address; the Subscriber keeps all Follows."""
    destination = session.get(Destination, delivery.destination_id)
    if destination is None:
        return
    if error.action is Action.MOVE and error.moved_to:
        _audit(session, now, "destination moved", f"destination {destination.id}", error)
        _move(session, destination, error.moved_to)
        return
    destination.disabled_at = now
    destination.disabled_reason = error.reason
    session.execute(
        update(Delivery)
        .where(
            Delivery.destination_id == destination.id,
            Delivery.state.in_((DeliveryState.PENDING, DeliveryState.RETRY)),
        )
        .values(state=DeliveryState.SUPPRESSED, reason=error.reason)
        .execution_options(synchronize_session=False)
    )
    _audit(session, now, "destination paused", f"destination {destination.id}", error)


def _move(session: Session, destination: Destination, address: str) -> None:
    """A new address that the Subscriber has already is no second Destination."""
    same = session.scalar(
        select(Destination).where(
            Destination.subscriber_id == destination.subscriber_id,
            Destination.channel == destination.channel,
            Destination.address == address,
        )
    )
    if same is None:
        destination.address = address


def _audit(
    session: Session, now: datetime, action: str, subject: str, error: DeliveryError
) -> None:
    session.add(
        AuditEntry(
            at=now,
            actor="deliver",
            action=action,
            subject=subject,
            detail={"reason": error.reason, "detail": error.detail},
        )
    )
