"""Under way: what was planned for readers and has not come to an end when the next is planned."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, exists, select, text, update
from sqlalchemy.orm import Session

from digest.models import Delivery, Destination
from digest.models.delivery import UNDER_WAY
from digest.models.words import DeliveryState
from digest.store.deliveries import ALERTS, DIGESTS, OPEN
from digest.store.given import among
from digest.store.memories import GONE_OUT

_columns = Delivery.__table__.c
# In the words of the index that holds no others.
THEIRS = and_(among(_columns.subscriber_id, "subscribers"), text(UNDER_WAY))
_FOUND = select(_columns.subscriber_id, _columns.priority, _columns.state).where(THEIRS).distinct()
_waiting = and_(THEIRS, _columns.priority == DIGESTS, _columns.state.in_(OPEN))
_LOCK_WAITING = select(_columns.id).where(_waiting).order_by(_columns.id).with_for_update()
_other = Delivery.__table__.alias()
_ELSEWHERE = exists().where(
    _other.c.destination_id == Destination.id,
    Destination.subscriber_id == _columns.subscriber_id,
    _other.c.slot == _columns.slot,
    _other.c.state.in_(GONE_OUT),
)
_END_WAITING = (
    update(Delivery.__table__)  # type: ignore[arg-type]
    .where(_waiting)
    .values(
        state=case((_ELSEWHERE, _columns.state), else_=DeliveryState.SUPPRESSED),
        reason=case((_ELSEWHERE, _columns.reason), else_="superseded"),
        not_before=case((_ELSEWHERE, _columns.not_before)),
    )
    .returning(_columns.destination_id, _columns.not_before)
)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Subscribers with digests that wait, of whom a sender has a digest in hand, of which nobody
    knows yet whether it arrives, and with alerts that wait."""

    waiting: frozenset[int]
    being_sent: frozenset[int]
    alerts: frozenset[int]


def look(session: Session, subscriber_ids: Iterable[int]) -> UnderWay:
    """What is under way to these. Who has their rows in hand knows that nothing is planned for them
    meanwhile; but senders go on."""
    rows = session.connection().execute(_FOUND, {"subscribers": list(subscriber_ids)}).all()

    def those(priority: int, *of: str) -> frozenset[int]:
        return frozenset(one for one, lane, state in rows if lane == priority and state in of)

    return UnderWay(
        waiting=those(DIGESTS, *OPEN),
        being_sent=those(DIGESTS, DeliveryState.SENDING),
        alerts=those(ALERTS, *OPEN),
    )


def end_waiting_digests(session: Session, subscriber_ids: Iterable[int]) -> dict[int, datetime]:
    """Ends digests that reached nobody yet: the next one, which is due, tells what they had to.

    One that has reached another Destination is not told again by the next: it is still sent to
    those it waits for, at its own hour, which its provider may have named. Returns that hour by
    Destination: the next comes behind it.
    """
    found: dict[int, datetime] = {}
    connection, whose = session.connection(), {"subscribers": list(subscriber_ids)}
    # A sender may just have begun with one of them, and nobody else sees that yet: it is waited for
    # here, so that the next statement does. SQLite has one writer anyway.
    locks = connection.dialect.name == "postgresql"
    if locks and not connection.execute(_LOCK_WAITING, whose).all():
        return found
    for where, at in connection.execute(_END_WAITING, whose):
        if at is not None:
            found[where] = max(at, found.get(where, at))
    return found
