"""Erased: addresses that are no longer kept, and that must not be written to all the same.

The list of suppressions holds a keyed mark instead of each. When a file brings such an address
again, it is known by that.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from digest.models import Bounce, Suppression
from digest.services.app import App
from digest.services.marks import PREFIX, AddressMarks
from digest.store.bounces import MAIL
from digest.store.chunks import chunks
from digest.store.subscribers import Address
from digest.store.upsert import insert_new

ERASED = "erased"  # the reason, unless there was one before


def forget(session: Session, marks: AddressMarks, address: Address, now: datetime) -> None:
    """Suppresses an address that nobody has any more, and keeps its mark only. What bounced of it
    goes on counting."""
    channel, text = address
    mark = marks.mark(channel, text)
    row = {"channel": channel, "address": text, "reason": ERASED, "at": now}
    insert_new(session, Suppression, [row], ("channel", "address"))
    here = (Suppression.channel == channel) & (Suppression.address == text)
    if found(session, marks, [address]):  # erased before, and brought again since
        session.delete(session.scalars(select(Suppression).where(here)).one())
    else:
        session.execute(
            update(Suppression)
            .where(here)
            .values(address=mark)
            .execution_options(synchronize_session=False)
        )
    if channel == MAIL:
        session.execute(
            update(Bounce)
            .where(Bounce.address == text)
            .values(address=mark, detail="")  # a server's words may name it
            .execution_options(synchronize_session=False)
        )


def marks_if_any(app: App) -> AddressMarks | None:
    """What knows erased addresses; None: nobody was erased yet. Asked before a transaction."""
    with app.db.read() as session:
        marked = select(Suppression.id).where(Suppression.address.startswith(PREFIX)).limit(1)
        if session.scalar(marked) is None:
            return None
    return app.marks


def found(
    session: Session, marks: AddressMarks | None, addresses: Iterable[Address]
) -> Mapping[Address, Suppression]:
    """Those of these addresses that were erased."""
    if marks is None:
        return {}
    of_mark = {marks.mark(*one): one for one in set(addresses)}
    return {
        of_mark[row.address]: row
        for part in chunks(of_mark)
        for row in session.scalars(select(Suppression).where(Suppression.address.in_(part)))
    }


def known_again(session: Session, marks: AddressMarks | None, addresses: Iterable[Address]) -> None:
    """An address is about to be stored again: its suppression names it, so that it holds."""
    for (_, text), row in found(session, marks, addresses).items():
        row.address = text
    session.flush()
