"""Numbers that only grow. The row is the lock: who has it writes alone until the commit."""

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.models import Counter


def take(session: Session, name: str, amount: int) -> int:
    """Reserves `amount` numbers; returns the last number before them."""
    _ensure(session, name)
    value = session.execute(
        update(Counter)
        .where(Counter.name == name)
        .values(value=Counter.value + amount)
        .returning(Counter.value)
    ).scalar_one()
    return value - amount


def read(session: Session, name: str) -> int:
    """The last number given out."""
    return session.scalar(select(Counter.value).where(Counter.name == name)) or 0


def advance(session: Session, name: str, value: int) -> None:
    """Raises the number to `value`; never lowers it."""
    _ensure(session, name)
    session.execute(
        update(Counter).where(Counter.name == name, Counter.value < value).values(value=value)
    )


def _ensure(session: Session, name: str) -> None:
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(insert(Counter).values(name=name, value=0).on_conflict_do_nothing())
