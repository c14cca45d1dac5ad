"""Preview: the message a Subscriber would get, or got, for a date; nothing is stored or sent."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.channels.base import Channel, Message
from digest.clock import instant_of, zone
from digest.errors import InputError, NotFound
from digest.models import Destination, Edition, Slot, Subscriber
from digest.models.content import EditionContent, Envelope
from digest.models.words import EditionKind
from digest.services import find
from digest.services.app import App
from digest.services.links import Bearer
from digest.services.planning.digests import Desk, Task, last_digests
from digest.services.planning.occasions import Due
from digest.services.visible import make_visible
from digest.store import readers

PLACEHOLDER = {
    "email": "reader@example.org",
    "slack": "C0000000001",
    "telegram": "100000001",
}


@dataclass(frozen=True, slots=True)
class Preview:
    """A rendered Message with what it is made from. `stored`: it is the Edition that was sent."""

    message: Message
    content: EditionContent
    stored: bool


class _Undo(Exception):
    """Ends the transaction of a preview without keeping anything."""


def preview(
    app: App, subscriber_name: str, day: date | None, channel_name: str, now: datetime
) -> Preview:
    """The digest of `day` (today in the Subscriber's zone without one) on a Channel.

    Raises:
        NotFound: no such Subscriber; or nothing to tell on that day, and says why.
        InputError: no such Channel.
    """
    channel = app.channels.get(channel_name)
    if channel is None:
        raise InputError(
            f"there is no channel {channel_name!r}; there are {', '.join(app.channels)}"
        )
    _ = app.links  # may write its key: before the transaction that is undone
    found: Preview | None = None
    try:
        with app.db.begin() as session:
            person = find.subscriber(session, subscriber_name)
            content, stored = _content(session, app, person, day, now)
            message = channel.render(content, envelope(session, app, channel, person, content, now))
            found = Preview(message, content, stored)
            raise _Undo
    except _Undo:
        assert found is not None
        return found


def _content(
    session: Session, app: App, person: Subscriber, day: date | None, now: datetime
) -> tuple[EditionContent, bool]:
    account = readers.accounts(session, [person.id], now)[0]
    tz = zone(account.schedule.zone)
    day = day or now.astimezone(tz).date()
    slot = session.scalar(
        select(Slot).where(
            Slot.subscriber_id == person.id,
            Slot.kind == EditionKind.DIGEST,
            Slot.key == day.isoformat(),
        )
    )
    if slot is not None and slot.edition_id is not None:
        row = session.get_one(Edition, slot.edition_id)
        return EditionContent.model_validate(row.content), True
    due = Due(day, instant_of(day, account.schedule.at, tz))
    make_visible(session, due.at)
    last = last_digests(session, [person.id]).get(person.id)
    closed = last_digests(session, [person.id], closed=True).get(person.id)
    if last is not None and date.fromisoformat(last.key) >= day:
        last = closed = None  # a day in the past: as if it were the first digest
    task = Task.of(account, due, last, closed)
    desk = Desk.load(session, app, [task], due.at)
    content, selection = desk.compose(task, desk.readers[0])
    if content is None:
        left = ", ".join(sorted({rule.replace("_", " ") for _, rule in selection.left_out}))
        raise NotFound(
            f"nothing to tell {person.key} on {day}: {selection.matched} matched"
            + (f" ({left})" if left else "")
        )
    return content, False


def envelope(
    session: Session,
    app: App,
    channel: Channel,
    person: Subscriber,
    content: EditionContent,
    now: datetime,
) -> Envelope:
    """An envelope for looking at: its Delivery is 0, so no real Delivery has its links."""
    address = session.scalar(
        select(Destination.address)
        .where(Destination.subscriber_id == person.id, Destination.channel == channel.name)
        .order_by(Destination.id)
        .limit(1)
    )
    return Envelope(
        delivery_id=0,
        slot=f"preview:{content.day}",
        address=address or PLACEHOLDER.get(channel.name, "preview"),
        name=person.name,
        links=app.links.links(Bearer(0, person.id, person.token_version)),
        sent_at=content.at,
        silent=True,
        postal_address=app.settings.postal_address,
    )
