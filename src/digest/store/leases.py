"""Leases: what a worker has in hand is found by its claims, whether it lives or not.

A claim is kept until none of its Deliveries is in its worker's hands any more. Nobody takes them
out of it one by one: that would be a write for each message.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import and_, delete, insert, or_, select, text, update
from sqlalchemy.orm import Session

from digest.models import Claim, Delivery
from digest.models.delivery import UNDER_WAY
from digest.models.words import DeliveryState as State
from digest.store.chunks import chunks
from digest.store.deliveries import CLAIMABLE, LEASE
from digest.store.given import among

_LEASED = Delivery.lease_until.is_not(None)
_THESE = and_(among(Delivery.id, "ids"), _LEASED)


def give_back(session: Session, channel: str, lane: int, worker: str) -> None:
    """Frees what a worker has leased in a lane; what it has begun stays."""
    mine = select(Claim.delivery_ids).where(
        Claim.worker == worker, Claim.channel == channel, Claim.priority == lane
    )
    ids = [one for claimed in session.scalars(mine) for one in claimed]
    session.execute(
        update(Delivery)
        .where(_THESE, Delivery.worker == worker, Delivery.state.in_(CLAIMABLE))
        .values(lease_until=None, worker=None)
        .execution_options(synchronize_session=False),
        {"ids": ids},
    )


def recover(
    session: Session, now: datetime, gone: Callable[[str], bool] = lambda worker: False
) -> int:
    """What dead workers were sending becomes `unknown`; returns how many.

    A worker is dead when its lease has ended, or when `gone` says so of its name. What it had only
    claimed is free then. What was being sent comes after all that is due already: should it be a
    message that kills workers, the others are out before it kills again.
    """
    ended = [name for name in session.scalars(select(Claim.worker).distinct()) if gone(name)]
    young = Claim.at >= now - LEASE  # no lease of it can have ended
    claims = session.execute(
        select(Claim.id, Claim.worker, Claim.delivery_ids).where(~young | Claim.worker.in_(ended))
    ).all()
    if not claims:
        return 0
    ids = {"ids": sorted({one for claim in claims for one in claim.delivery_ids})}
    dead = or_(Delivery.lease_until < now, Delivery.worker.in_(ended))
    lost = session.scalars(_LOST.where(dead).values(not_before=now), ids).all()
    session.execute(_FREED.where(dead), ids)
    held = {(one, worker) for one, worker in session.execute(_HELD, ids)}
    over = [
        claim.id
        for claim in claims
        if not any((one, claim.worker) in held for one in claim.delivery_ids)
    ]
    for part in chunks(over):
        session.execute(delete(Claim).where(Claim.id.in_(part)))
    return len(lost)


_LOST = (
    update(Delivery)
    .where(_THESE, Delivery.state == State.SENDING)
    .values(
        state=State.UNKNOWN,
        reason="worker_died",
        detail="the sender ended before it had an answer",
        attempts=Delivery.attempts + 1,
        unanswered=Delivery.unanswered + 1,
        lease_until=None,
    )
    .returning(Delivery.id)
    .execution_options(synchronize_session=False)
)
_FREED = (
    update(Delivery)
    .where(_THESE)
    .values(lease_until=None, worker=None)
    .execution_options(synchronize_session=False)
)
_HELD = select(Delivery.id, Delivery.worker).where(_THESE)


def adopt(session: Session) -> None:
    """Notes what a worker of the release before claims were noted is sending, and may die over.
    What it has only claimed is free when the lease ends. Goes along all that is under way."""
    rows = session.execute(
        select(
            Delivery.id,
            Delivery.worker,
            Delivery.channel,
            Delivery.priority,
            Delivery.lease_until,
        ).where(text(UNDER_WAY), Delivery.state == State.SENDING, _LEASED)
    ).all()
    claims = session.execute(select(Claim.worker, Claim.delivery_ids))
    noted = {(one, worker) for worker, ids in claims for one in ids}
    for one, worker, channel, priority, until in rows:
        if until is not None and (one, worker) not in noted:
            whose = {"worker": worker, "channel": channel, "priority": priority}
            claim = whose | {"at": until - LEASE, "delivery_ids": [one]}
            session.execute(insert(Claim), claim)
