"""Order: messages to one Destination begin in the order in which they were planned.

Workers claim what is due in batches, so one may hold the first message to a Destination and another
one the second. The second waits until the first is out, if that is due or will be soon. One that is
tried again later holds up nobody: then those behind it go first.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from digest.models import Delivery
from digest.models.words import DeliveryState as State
from digest.store.deliveries import CLAIMABLE

SOON = timedelta(seconds=60)  # an older message that is tried again by then keeps its place
LOOK_AGAIN = timedelta(seconds=1)

_mine = Delivery.__table__.c
_elder = Delivery.__table__.alias()


def put_behind(session: Session, ids: Iterable[int], worker: str, now: datetime) -> set[int]:
    """Puts leased rows off that have to wait for an older message to their Destination, and returns
    them; they are nobody's then.

    Of a worker's own rows those that it sends before need not be waited for: they are in its hands.
    Alerts and digests don't wait for each other.
    """
    wanted = list(ids)
    if not wanted:
        return set()
    before = and_(
        _elder.c.destination_id == _mine.destination_id,
        _elder.c.priority == _mine.priority,
        _elder.c.id < _mine.id,
    )
    elsewhere = or_(_elder.c.worker.is_(None), _elder.c.worker != worker)
    waits = and_(_elder.c.state.in_(CLAIMABLE), _elder.c.not_before <= now + SOON)
    goes_first = or_(
        and_(elsewhere, or_(_elder.c.state == State.SENDING, waits)),
        and_(waits, _elder.c.not_before > _mine.not_before),
    )
    behind = session.execute(
        select(_mine.id, func.max(_elder.c.not_before))
        .join(_elder, and_(before, goes_first))
        .where(_mine.id.in_(wanted), _mine.worker == worker)
        .group_by(_mine.id)
    ).all()
    for one, hour in behind:
        session.execute(
            update(Delivery)
            .where(Delivery.id == one, Delivery.worker == worker)
            .values(
                not_before=max(hour, now + LOOK_AGAIN),
                reason="in_order",
                detail="an older message goes first",
                lease_until=None,
                worker=None,
            )
            .execution_options(synchronize_session=False)
        )
    return {one for one, _ in behind}
