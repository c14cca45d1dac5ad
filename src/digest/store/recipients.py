"""Recipients: Destinations with what sending has to know of their Subscribers. Plain rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from digest.models import Destination, Subscriber, Suppression
from digest.store.given import among


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets a message, where. `blocked`: the address must not be written to, whoever has it."""

    destination_id: int
    channel: str
    address: str = field(repr=False)
    disabled_at: datetime | None
    disabled_reason: str | None
    subscriber_id: int
    name: str = field(repr=False)
    state: str
    paused_until: datetime | None
    token_version: int
    blocked: bool = False

    @classmethod
    def of(cls, destination: Destination, person: Subscriber) -> "Recipient":
        return cls(
            destination.id,
            destination.channel,
            destination.address,
            destination.disabled_at,
            destination.disabled_reason,
            person.id,
            person.name,
            person.state,
            person.paused_until,
            person.token_version,
        )


_RECIPIENTS = (
    select(
        Destination.id,
        Destination.channel,
        Destination.address,
        Destination.disabled_at,
        Destination.disabled_reason,
        Subscriber.id,
        Subscriber.name,
        Subscriber.state,
        Subscriber.paused_until,
        Subscriber.token_version,
        Suppression.id.is_not(None),
    )
    .join(Subscriber, Subscriber.id == Destination.subscriber_id)
    .outerjoin(
        Suppression,
        and_(
            Suppression.channel == Destination.channel,
            Suppression.address == Destination.address,
        ),
    )
    # By both: to join a hundred of many PostgreSQL reads all Subscribers.
    .where(among(Destination.id, "destinations"), among(Subscriber.id, "subscribers"))
)


def recipients(session: Session, of: Mapping[int, int]) -> dict[int, Recipient]:
    """Destinations `of` Subscribers, both by their ids; by the id of the Destination. One that is
    gone is missing."""
    asked = {"destinations": list(of), "subscribers": list(set(of.values()))}
    rows = session.connection().execute(_RECIPIENTS, asked)
    return {row[0]: Recipient(*row) for row in rows}
