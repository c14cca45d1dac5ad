"""A PostgreSQL database for many tests, emptied after each; see databases.py."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache

import psycopg
from factories import quick_database
from sqlalchemy import Pool
from sqlalchemy.exc import SQLAlchemyError

from digest.models import Base


class Kept:
    """A database that tests use one after the other, and the connections to it.

    Copying a database, and reading its catalogue over each new connection, costs more than most
    tests do. It is emptied after each test. A fresh one takes its place when that is not enough:
    tables or Interests are others now, or somebody is connected still.
    """

    def __init__(self, fresh: Callable[[], AbstractContextManager[str]]) -> None:
        """`fresh` gives the URL of a database with all tables and Interests, dropped at its end."""
        self._fresh = fresh
        self._held = ExitStack()
        self._url = ""

    @contextmanager
    def handed_out(self) -> Iterator[tuple[str, Pool]]:
        """(URL, connections) for one test."""
        if not self._url:
            self._url = self._held.enter_context(self._fresh())
            self._pool = quick_database(self._url).engine.pool
            with self._pool.connect() as connection:
                self._state = connection.execute(_STATE).fetchall()
        try:
            yield self._url, self._pool
        finally:
            if not self._emptied():
                self.drop()

    def _emptied(self) -> bool:
        try:
            with self._pool.connect() as connection:
                connection.rollback()
                (others,) = connection.execute(_CONNECTED).fetchone()
                if others > self._pool.checkedin() + self._pool.checkedout():
                    return False
                if connection.execute(_STATE).fetchall() != self._state:
                    return False
                connection.execute(_empty())
                connection.commit()
        except (psycopg.Error, SQLAlchemyError):
            return False
        return self._pool.checkedout() == 0

    def drop(self) -> None:
        if self._url:
            self._pool.dispose()
        self._held.close()
        self._url = ""


@cache
def _empty() -> str:
    """Deletes all but the Interests, and counts from 1 again."""
    filled = {"interests", "interest_parents", "interest_aliases", "interest_closure"}
    tables = [table for table in Base.metadata.sorted_tables if table.name not in filled]
    return "; ".join(
        [
            "SET LOCAL lock_timeout = '5s'",
            "SET LOCAL session_replication_role = replica",  # no foreign key is looked after
            *(f"DELETE FROM {table.name}" for table in tables),
            *(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 1, false)"
                for table in tables
                if "id" in table.columns
            ),
        ]
    )


_CONNECTED = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend'
"""
# What is the same before and after a test that only fills tables. Who changes a row leaves the
# number of the transaction in it.
_STATE = """
SELECT
    relkind::text, count(*), sum(oid::bigint), sum(hashtext(relname)), sum(relnatts), sum(relchecks)
FROM pg_class WHERE relnamespace = 'public'::regnamespace GROUP BY relkind
UNION ALL SELECT 'triggers', count(*), sum(oid::bigint), 0, 0, 0 FROM pg_trigger
UNION ALL SELECT 'interests', count(*), sum(xmin::text::bigint), 0, 0, 0 FROM interests
UNION ALL SELECT 'parents', count(*), sum(xmin::text::bigint), 0, 0, 0 FROM interest_parents
UNION ALL SELECT 'aliases', count(*), sum(xmin::text::bigint), 0, 0, 0 FROM interest_aliases
UNION ALL SELECT 'closure', count(*), sum(xmin::text::bigint), 0, 0, 0 FROM interest_closure
ORDER BY 1
"""
