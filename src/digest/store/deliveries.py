"""The ledger: claim, begin, record, recover. Portable from SQLite to PostgreSQL.

A claim is a lease on rows, committed before anything else happens. Just before a provider is
called the row becomes `sending`, committed as well. So a row whose worker died is either untouched
(its lease ends, another takes it) or `sending`: then nobody knows, and it becomes `unknown`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from digest.models import ChannelStop, Delivery
from digest.models.words import DeliveryState as State

LEASE = timedelta(seconds=120)
OPEN = (State.PENDING, State.RETRY)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one attempt."""

    delivery_id: int
    state: State
    at: datetime
    reason: str | None = None
    detail: str | None = None
    reference: str | None = None
    subject: str | None = None
    not_before: datetime | None = None
    counts: bool = True  # False: the attempt was not ours to count (429)
    settled: bool = False  # not to be tried again, though nobody knows


def claim(
    session: Session,
    channels: Iterable[str],
    now: datetime,
    worker: str,
    limit: int = 200,
    kinds_from: int = 0,
) -> Sequence[Delivery]:
    """Takes a lease on up to `limit` Deliveries that are due, alerts first.

    `kinds_from` is the least priority taken. An `unknown` one is due while it is not settled.
    """
    due = select(Delivery.id).where(
        Delivery.channel.in_(list(channels)),
        Delivery.priority >= kinds_from,
        Delivery.not_before <= now,
        or_(Delivery.lease_until.is_(None), Delivery.lease_until < now),
        or_(Delivery.expires_at.is_(None), Delivery.expires_at > now),
        or_(
            Delivery.state.in_(OPEN),
            and_(Delivery.state == State.UNKNOWN, Delivery.sent_at.is_(None)),
        ),
    )
    due = due.order_by(Delivery.priority.desc(), Delivery.not_before, Delivery.id).limit(limit)
    if session.get_bind().dialect.name == "postgresql":
        due = due.with_for_update(skip_locked=True)
    ids = session.scalars(due).all()
    if not ids:
        return []
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids))
        .values(lease_until=now + LEASE, worker=worker)
        .execution_options(synchronize_session=False)
    )
    rows = session.scalars(
        select(Delivery)
        .where(Delivery.id.in_(ids))
        .order_by(Delivery.priority.desc(), Delivery.not_before, Delivery.id)
    )
    return rows.all()


def begin(session: Session, ids: Iterable[int], worker: str, now: datetime) -> set[int]:
    """Marks leased rows as `sending`; returns those that are still ours to send."""
    wanted = list(ids)
    if not wanted:
        return set()
    rows = session.scalars(
        update(Delivery)
        .where(
            Delivery.id.in_(wanted),
            Delivery.worker == worker,
            Delivery.lease_until > now,
            Delivery.state.in_((*OPEN, State.UNKNOWN)),
        )
        .values(
            state=State.SENDING,
            lease_until=now + LEASE,
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return set(rows)


def record(session: Session, results: Iterable[Result], worker: str) -> None:
    """Writes the outcomes of attempts. A row that another worker has taken since is left alone."""
    for one in results:
        values: dict[str, Any] = {
            "state": one.state,
            "lease_until": None,
            "worker": None,
            "reason": one.reason,
            "detail": (one.detail or "")[:500] or None,
        }
        if one.counts:
            values["attempts"] = Delivery.attempts + 1
        if one.settled:
            values["expires_at"] = one.at
        if one.counts and one.state == State.UNKNOWN and one.reference is None:
            values["unanswered"] = Delivery.unanswered + 1
        if one.not_before is not None:
            values["not_before"] = one.not_before
        if one.reference is not None:
            values |= {"reference": one.reference, "subject": one.subject, "sent_at": one.at}
        session.execute(
            update(Delivery)
            .where(Delivery.id == one.delivery_id, Delivery.worker == worker)
            .values(**values)
            .execution_options(synchronize_session=False)
        )


def release(session: Session, ids: Iterable[int], worker: str) -> None:
    """Gives leased rows back that were not begun."""
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(list(ids)), Delivery.worker == worker)
        .values(lease_until=None, worker=None)
        .execution_options(synchronize_session=False)
    )


def recover(session: Session, now: datetime, everything: bool = False) -> int:
    """Frees what dead workers held; what they were sending becomes `unknown`.

    `everything` ends all leases, also those that run: for a start at which no other worker can be
    alive. Returns how many became unknown.
    """
    over = Delivery.lease_until.is_not(None) if everything else Delivery.lease_until < now
    lost = session.scalars(
        update(Delivery)
        .where(Delivery.state == State.SENDING, over)
        .values(
            state=State.UNKNOWN,
            reason="worker_died",
            detail="the sender ended before it had an answer",
            attempts=Delivery.attempts + 1,
            unanswered=Delivery.unanswered + 1,
            lease_until=None,
            worker=None,
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.execute(
        update(Delivery)
        .where(over, Delivery.state != State.SENDING)
        .values(lease_until=None, worker=None)
        .execution_options(synchronize_session=False)
    )
    return len(lost)


def expire(session: Session, now: datetime) -> int:
    """Ends Deliveries that are of no use any more; returns how many."""
    rows = session.scalars(
        update(Delivery)
        .where(
            Delivery.expires_at <= now,
            Delivery.state.in_(OPEN),
            or_(Delivery.lease_until.is_(None), Delivery.lease_until < now),
        )
        .values(state=State.EXPIRED, reason="expired", detail="too late to be of use")
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(rows.all())


def next_due(session: Session, channels: Iterable[str]) -> datetime | None:
    """The earliest instant at which something can be sent; None when nothing waits."""
    return session.scalar(
        select(func.min(Delivery.not_before)).where(
            Delivery.channel.in_(list(channels)),
            or_(
                Delivery.state.in_(OPEN),
                and_(Delivery.state == State.UNKNOWN, Delivery.sent_at.is_(None)),
            ),
        )
    )


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many Deliveries there are by (channel, state)."""
    rows = session.execute(
        select(Delivery.channel, Delivery.state, func.count()).group_by(
            Delivery.channel, Delivery.state
        )
    )
    return {(channel, state): count for channel, state, count in rows}


def stopped(session: Session, now: datetime) -> dict[str, ChannelStop]:
    """Channels that nothing is sent over now, by name."""
    rows = session.scalars(select(ChannelStop).where(ChannelStop.until > now))
    return {row.channel: row for row in rows}
