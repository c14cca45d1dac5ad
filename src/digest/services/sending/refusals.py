"""When a provider refuses: a Destination is paused or moved, a Channel is stopped for a while."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from digest.errors import Action, DeliveryError
from digest.models import AuditEntry, ChannelStop, Delivery, Destination
from digest.models.words import DeliveryState
from digest.store.deliveries import OPEN, Claimed
from digest.store.upsert import upsert

TRY_AGAIN = timedelta(minutes=15)
MOVED = "moved"


def stop_channel(session: Session, channel: str, error: DeliveryError, now: datetime) -> datetime:
    """Nothing is sent over `channel` for a while; what waits stays in the ledger. Returns until
    when."""
    until = now + max(TRY_AGAIN, timedelta(seconds=error.retry_after or 0))
    values = {"reason": error.reason, "detail": error.detail, "at": now, "until": until}
    upsert(session, ChannelStop, {"channel": channel}, values)
    _audit(session, now, "channel stopped", channel, error)
    return until


def take_back(
    session: Session, delivery: Claimed, address: str, error: DeliveryError, now: datetime
) -> str | None:
    """Pauses the Destination, or stores its new address; the Subscriber keeps all Follows.

    `address` is where it was sent. A Destination that has another by now is left as it is. Returns
    what was done: "paused", "moved" or None.
    """
    destination = session.get(Destination, delivery.destination_id, with_for_update=True)
    if destination is None or destination.address != address or destination.disabled_at is not None:
        return None
    if error.action is Action.MOVE and error.moved_to:
        _move(session, destination, error, error.moved_to, now)
        return "moved"
    _pause(session, destination, error.reason, now)
    _audit(session, now, "destination paused", f"destination {destination.id}", error)
    return "paused"


def _move(
    session: Session, destination: Destination, error: DeliveryError, address: str, now: datetime
) -> None:
    """Where the Subscriber has the new address already, the old one only ends."""
    same = session.scalar(
        select(Destination.id).where(
            Destination.subscriber_id == destination.subscriber_id,
            Destination.channel == destination.channel,
            Destination.address == address,
        )
    )
    if same is None:
        destination.address = address
    elif same != destination.id:
        _pause(session, destination, MOVED, now)
    _audit(session, now, "destination moved", f"destination {destination.id}", error)


def _pause(session: Session, destination: Destination, reason: str, now: datetime) -> None:
    destination.disabled_at, destination.disabled_reason = now, reason
    session.execute(
        update(Delivery)
        .where(Delivery.destination_id == destination.id, Delivery.state.in_(OPEN))
        .values(state=DeliveryState.SUPPRESSED, reason=reason)
        .execution_options(synchronize_session=False)
    )


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
