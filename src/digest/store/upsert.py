"""Rows that may exist already: INSERT ... ON CONFLICT, which both databases have."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, inspect
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

_SIZE = 500  # rows a statement


def insert_for(session: Session) -> Any:
    """The dialect's own `insert`, which knows conflicts."""
    return sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert


def columns_of(table: type) -> Table:
    """The table of a model. A statement of it takes plain rows, without the ORM's work on each."""
    return cast("Table", inspect(table).local_table)


def upsert(
    session: Session, table: type, key: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Inserts a row, or gives the one with this key these values."""
    statement = insert_for(session)(table).values(**key, **values)
    session.execute(
        statement.on_conflict_do_update(index_elements=list(key), set_=dict(values)),
        execution_options={"synchronize_session": False},
    )


@cache
def _insert_new(insert: Any, table: type, unique: tuple[str, ...], more: tuple[str, ...]) -> Any:
    plain = columns_of(table)
    return (
        insert(plain)
        .on_conflict_do_nothing(index_elements=unique)
        .returning(*(plain.c[name] for name in (*unique, *more)))
    )


def insert_new(
    session: Session,
    table: type,
    rows: Sequence[dict[str, Any]],
    unique: Sequence[str],
    more: Sequence[str] = (),
) -> set[tuple[Any, ...]]:
    """Inserts rows, all with the same columns; those whose `unique` columns exist stay.

    Returns the keys of the new ones, with `more` columns of each.
    """
    statement = _insert_new(insert_for(session), table, tuple(unique), tuple(more))
    found: set[tuple[Any, ...]] = set()
    for start in range(0, len(rows), _SIZE):
        result = session.execute(statement, list(rows[start : start + _SIZE]))
        found.update(tuple(row) for row in result)
    return found
