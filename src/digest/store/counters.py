"""Numbers that only grow. The row is the lock: who has it writes alone until the commit."""

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from digest.models import Counter
from digest.store.upsert import insert_new

_VALUE = select(Counter.value).where(Counter.name == bindparam("name"))


def lock(session: Session, name: str) -> int:
    """The last number given out; nobody else writes it before the commit."""
    return take(session, name, 0)


def take(session: Session, name: str, amount: int) -> int:
    """Reserves `amount` numbers; returns the last number before them."""
    insert_new(session, Counter, [{"name": name, "value": 0}], ("name",))
    value = session.execute(
        update(Counter)
        .where(Counter.name == name)
        .values(value=Counter.value + amount)
        .returning(Counter.value)
        .execution_options(synchronize_session=False)
    ).scalar_one()
    return value - amount


def read(session: Session, name: str) -> int:
    """The last number given out."""
    return session.scalar(_VALUE, {"name": name}) or 0


def advance(session: Session, name: str, value: int) -> None:
    """Raises the number to `value`; never lowers it. The row is there: it was locked before."""
    session.execute(
        update(Counter)
        .where(Counter.name == name, Counter.value < value)
        .values(value=value)
        .execution_options(synchronize_session=False)
    )
