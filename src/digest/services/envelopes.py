"""Parcels: a Delivery with everything that rendering and sending it needs, loaded in a batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.models import Delivery, Destination, Edition, Subscriber, Suppression
from digest.models.content import Earlier, EditionContent, Envelope
from digest.models.words import Code, EditionKind, SubscriberState
from digest.services.app import App
from digest.services.links import Bearer
from digest.store import threads
from digest.store.threads import Sent

RIGHTING = (Code.CORRECT, Code.RETRACT)
SOUND_FROM = 5  # severity from which a phone may make a sound


@dataclass(frozen=True, slots=True)
class Parcel:
    """What to send to whom. `refused` says why it must not be sent after all."""

    delivery: Delivery
    kind: EditionKind
    content: EditionContent
    envelope: Envelope
    refused: str | None = None


def parcels(session: Session, app: App, rows: Sequence[Delivery], now: datetime) -> list[Parcel]:
    """The Deliveries as Parcels, in the same order, with a fixed number of queries."""
    contents = {
        row.id: EditionContent.model_validate(row.content)
        for row in session.scalars(
            select(Edition).where(Edition.id.in_({row.edition_id for row in rows}))
        )
    }
    places = {
        one.id: one
        for one in session.scalars(
            select(Destination).where(Destination.id.in_({row.destination_id for row in rows}))
        )
    }
    people = {
        one.id: one
        for one in session.scalars(
            select(Subscriber).where(Subscriber.id.in_({row.subscriber_id for row in rows}))
        )
    }
    blocked = {
        (one.channel, one.address)
        for one in session.scalars(
            select(Suppression).where(
                Suppression.address.in_({place.address for place in places.values()})
            )
        )
    }
    earlier = threads.earlier(
        session,
        {row.destination_id for row in rows},
        {item.event_id for content in contents.values() for item in content.items},
    )
    found = []
    for row in rows:
        content, place, person = (
            contents[row.edition_id],
            places[row.destination_id],
            people[row.subscriber_id],
        )
        found.append(
            Parcel(
                delivery=row,
                kind=EditionKind(content.kind),
                content=content,
                envelope=envelope(app, row, content, place, person, earlier, now),
                refused=_refusal(content, place, person, blocked, now),
            )
        )
    return found


def envelope(
    app: App,
    row: Delivery,
    content: EditionContent,
    place: Destination,
    person: Subscriber,
    earlier: Mapping[tuple[int, int], Sequence[Sent]],
    now: datetime,
) -> Envelope:
    """Everything about the recipient of one Delivery."""
    before: list[Sent] = []
    if content.kind == EditionKind.ALERT and len(content.items) == 1:
        sent = earlier.get((place.id, content.items[0].event_id), ())
        before = [one for one in sent if one.delivery_id != row.id]
    return Envelope(
        delivery_id=row.id,
        slot=row.slot,
        address=place.address,
        name=person.name,
        links=app.links.links(Bearer(row.id, person.id, person.token_version)),
        sent_at=now,
        attempt=row.attempts + 1,
        resent=bool(row.unanswered),
        earlier=Earlier(
            reference=before[0].reference,
            subject=before[0].subject,
            references=tuple(one.reference for one in before),
        )
        if before
        else None,
        silent=not any(item.severity >= SOUND_FROM for item in content.items)
        or content.kind == EditionKind.DIGEST,
        postal_address=app.settings.postal_address,
    )


def _refusal(
    content: EditionContent,
    place: Destination,
    person: Subscriber,
    blocked: set[tuple[str, str]],
    now: datetime,
) -> str | None:
    """Why this must not be sent although it was planned; a correction reaches who paused, too."""
    if person.state == SubscriberState.LEFT:
        return "unsubscribed"
    if (place.channel, place.address) in blocked:
        return "suppressed"
    if place.disabled_at is not None:
        return place.disabled_reason or "disabled"
    if content.code in RIGHTING:
        return None
    paused = person.state == SubscriberState.PAUSED
    if paused and (person.paused_until is None or person.paused_until > now):
        return "paused"
    return None
