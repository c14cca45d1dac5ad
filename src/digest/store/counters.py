"""Numbers that only grow. The row is the lock: who has it writes alone until the commit."""

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from digest.models import Counter
from digest.store.upsert import columns_of, insert_new

_table = columns_of(Counter)
_VALUE = select(_table.c.value).where(_table.c.name == bindparam("of"))
_TAKE = (
    update(_table)
    .where(_table.c.name == bindparam("of"))
    .values(value=_table.c.value + bindparam("amount"))
    .returning(_table.c.value)
)
_ADVANCE = (
    update(_table)
    .where(_table.c.name == bindparam("of"), _table.c.value < bindparam("to"))
    .values(value=bindparam("to"))
)


def lock(session: Session, name: str) -> int:
    """The last number given out; nobody else writes it before the commit."""
    return take(session, name, 0)


def take(session: Session, name: str, amount: int) -> int:
    """Reserves `amount` numbers; returns the last number before them."""
    insert_new(session, Counter, [{"name": name, "value": 0}], ("name",))
    value: int = session.execute(_TAKE, {"of": name, "amount": amount}).scalar_one()
    return value - amount


def read(session: Session, name: str) -> int:
    """The last number given out."""
    return session.scalar(_VALUE, {"of": name}) or 0


def advance(session: Session, name: str, value: int) -> None:
    """Raises the number to `value`; never lowers it. The row is there: it was locked before."""
    session.execute(_ADVANCE, {"of": name, "to": value})
