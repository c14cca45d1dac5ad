"""Threads: the messages about an Event that a Destination got, or is about to get."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Select, bindparam, case, func, or_, select, update
from sqlalchemy.orm import Session

from digest.models import Delivery, Destination, Edition, Item
from digest.models.words import RIGHTING, Code, DeliveryState, EditionKind
from digest.store.chunks import chunks
from digest.store.deliveries import ALERTS, OPEN, UNSUBSCRIBED
from digest.store.memories import GONE_OUT, REACHED

MENDS = "mend:"  # how the slots of Deliveries begin that only rewrite what is shown

_ALONE = (Edition.kind == EditionKind.ALERT) & (Edition.code != Code.ROUNDUP)
_REPLACEABLE = _ALONE & (Edition.code.not_in(RIGHTING) | Delivery.slot.startswith(MENDS))
_STOPPED = (Delivery.state == DeliveryState.SUPPRESSED) & (Delivery.reason == UNSUBSCRIBED)
_MAY_GO_OUT = or_(
    Delivery.state.in_(OPEN),
    _STOPPED,
    Delivery.state == DeliveryState.SENDING,
    (Delivery.state == DeliveryState.UNKNOWN) & Delivery.not_before.is_not(None),
)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message about an Event that a Destination got, perhaps, or is about to get.

    `alone` says that it tells of one Event and no other; a digest or roundup tells of several.
    `replaceable` that, while it waits, something newer takes its place: it is alone, and puts
    nothing right that its reader is owed. `mends` that it only rewrites what is shown there.
    """

    delivery_id: int
    kind: str
    alone: bool
    replaceable: bool
    mends: bool
    revision: int
    state: str
    not_before: datetime | None
    reference: str | None
    subject: str | None
    sent_at: datetime | None

    @property
    def accepted(self) -> bool:
        """Whether the provider has it."""
        sent = self.state in (DeliveryState.SENT, DeliveryState.UNKNOWN)
        return sent and self.reference is not None

    @property
    def gone_out(self) -> bool:
        """Whether the provider has it, perhaps."""
        return self.state in GONE_OUT

    @property
    def waits(self) -> bool:
        """Whether it is still to be sent, or sent again."""
        again = self.state == DeliveryState.UNKNOWN and self.not_before is not None
        return self.state in OPEN or again


def heard(
    session: Session, destination_ids: Iterable[int], event_ids: Iterable[int]
) -> dict[tuple[int, int], list[Heard]]:
    """(destination id, event id) -> the messages that tell of it there, what was sent in order."""
    found: dict[tuple[int, int], list[Heard]] = defaultdict(list)
    rows = session.execute(
        select(
            Delivery.destination_id,
            Item.event_id,
            Delivery.id,
            Edition.kind,
            _ALONE,
            _REPLACEABLE,
            Delivery.slot.startswith(MENDS),
            Item.revision,
            Delivery.state,
            Delivery.not_before,
            Delivery.reference,
            Delivery.subject,
            Delivery.sent_at,
        )
        .join(Edition, Edition.id == Delivery.edition_id)
        .join(Item, Item.edition_id == Edition.id)
        .where(
            Delivery.destination_id.in_(list(destination_ids)),
            Item.event_id.in_(list(event_ids)),
            Delivery.state.in_(REACHED),
        )
        .order_by(Delivery.sent_at, Delivery.id)
    )
    for destination_id, event_id, *row in rows:
        found[destination_id, event_id].append(Heard(*row))
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """The newest alert about one Event alone at a Destination. `reference` is None until sent.

    `mends` says that it only rewrites, or is about to rewrite, what is shown there already.
    """

    destination_id: int
    edition_id: int
    channel: str
    address: str = field(repr=False)
    state: str
    reference: str | None
    mends: bool


def shown(session: Session, event_id: int, content_hash: str, revision: int) -> list[Shown]:
    """What Destinations show of an Event, or are about to, where that is an older Revision than
    this and means the same: it has this content hash."""
    about = select(Item.edition_id).join(Edition, Edition.id == Item.edition_id)
    about = about.where(Item.event_id == event_id, _ALONE)
    alike = session.scalars(
        about.where(Item.content_hash == content_hash, Item.revision < revision)
    ).all()
    newest = (
        select(func.max(Delivery.id))
        .where(Delivery.edition_id.in_(about), Delivery.state.in_(REACHED))
        .group_by(Delivery.destination_id)
    )
    found: list[Shown] = []
    for part in chunks(alike):
        rows = session.execute(
            select(
                Delivery.destination_id,
                Delivery.edition_id,
                Delivery.channel,
                Destination.address,
                Delivery.state,
                Delivery.reference,
                Delivery.slot.startswith(MENDS),
            )
            .join(Destination, Destination.id == Delivery.destination_id)
            .where(Delivery.edition_id.in_(part), Delivery.id.in_(newest))
        )
        found += [Shown(*row) for row in rows]
    return found


def editions_with(event_id: int, before_revision: int) -> Select[int]:
    """Query for the ids of Editions that told a Revision of an Event before this one."""
    return select(Item.edition_id).where(Item.event_id == event_id, Item.revision < before_revision)


def withdraw(session: Session, event_id: int, before_revision: int, *, wrong: bool) -> int:
    """Takes back alerts that are out of date and on their way still; returns how many.

    Only those about this Event alone: a digest tells other things, too. Unless they are `wrong`,
    only from readers who were told nowhere yet: to them the newest Revision is the news.
    """
    older = (
        editions_with(event_id, before_revision)
        .join(Edition, Edition.id == Item.edition_id)
        .where(_ALONE)
    )
    stale: ColumnElement[bool] = Delivery.edition_id.in_(older)
    if not wrong:
        told = select(Delivery.subscriber_id).where(
            Delivery.edition_id.in_(older), Delivery.state.in_(REACHED), Delivery.state.not_in(OPEN)
        )
        stale &= Delivery.subscriber_id.not_in(told)
    return _end(session, stale)


def supersede(session: Session, planned: Mapping[tuple[int, int], int]) -> None:
    """Takes back what waits and is older than what is planned there now.

    `planned` maps (destination id, event id) to the Revision that is about to be told there. What
    puts an error right stays, and so does what tells of other Events as well.
    """
    newer = {key: revision for key, revision in planned.items() if revision > 1}
    event_ids = {event_id for _, event_id in newer}
    stale: list[int] = []
    for part in chunks({destination_id for destination_id, _ in newer}):
        rows = session.execute(
            select(Delivery.id, Delivery.destination_id, Item.event_id, Item.revision)
            .join(Edition, Edition.id == Delivery.edition_id)
            .join(Item, Item.edition_id == Edition.id)
            .where(
                Delivery.destination_id.in_(part),
                Item.event_id.in_(event_ids),
                _REPLACEABLE,
                _MAY_GO_OUT,
            )
        )
        stale += [
            row.id
            for row in rows
            if row.revision < newer.get((row.destination_id, row.event_id), 0)
        ]
    for part in chunks(stale):
        _end(session, Delivery.id.in_(part))


def _end(session: Session, stale: ColumnElement[bool]) -> int:
    """These go out no more; returns how many of them might have.

    What waited is `suppressed`, also for a reader who has left and may come back. What was perhaps
    delivered stays `unknown` and is not sent again; nor is what a worker is sending now, should
    that fail: it expired when it was planned.
    """
    waits = or_(Delivery.state.in_(OPEN), _STOPPED)
    rows = session.scalars(
        update(Delivery)
        .where(stale, _MAY_GO_OUT)
        .values(
            state=case((waits, DeliveryState.SUPPRESSED), else_=Delivery.state),
            reason=case((waits, "superseded"), else_=Delivery.reason),
            not_before=None,
            expires_at=Delivery.created_at,
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(rows.all())


@dataclass(frozen=True, slots=True)
class Waiting:
    """An alert that has not gone out to a Destination yet, and the Events it tells."""

    delivery_id: int
    destination_id: int
    event_ids: frozenset[int]


_ALERTS = (
    select(Delivery.id, Delivery.subscriber_id, Delivery.destination_id, Delivery.edition_id)
    .where(
        Delivery.subscriber_id.in_(bindparam("subscribers", expanding=True)),
        Delivery.priority == ALERTS,
        Delivery.state.in_(OPEN),
        ~Delivery.slot.startswith(MENDS),
    )
    .order_by(Delivery.id)
)


def waiting(session: Session, subscriber_ids: Iterable[int]) -> Mapping[int, list[Waiting]]:
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
    for edition_id, event_id in session.execute(
        select(Item.edition_id, Item.event_id).where(
            Item.edition_id.in_({row.edition_id for row in rows})
        )
    ):
        told[edition_id].add(event_id)
    found: dict[int, list[Waiting]] = defaultdict(list)
    for row in rows:
        if row.edition_id in told:
            one = Waiting(row.id, row.destination_id, frozenset(told[row.edition_id]))
            found[row.subscriber_id].append(one)
    return found


def take_back(session: Session, delivery_ids: Iterable[int]) -> None:
    """Alerts that wait are not sent any more: a digest tells what they had to."""
    for part in chunks(delivery_ids):
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(part), Delivery.state.in_(OPEN))
            .values(state=DeliveryState.SUPPRESSED, reason="in_digest", not_before=None)
            .execution_options(synchronize_session=False)
        )
