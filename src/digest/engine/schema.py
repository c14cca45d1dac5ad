"""The tables of Procrastinate, brought up to date with its own files.

Procrastinate ships its whole schema, and a file for each change since 2018, in the order of their
names. Which of them a database has is written down beside them.
"""

import logging
from importlib import resources

from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, text

log = logging.getLogger(__name__)

_LOCK = 5_823_001  # of whoever changes the tables; any number that nobody else takes
_APPLIED = "CREATE TABLE IF NOT EXISTS engine_migrations (name text PRIMARY KEY)"


def set_up(connection: Connection) -> int:
    """Creates or changes the tables in the connection's transaction; returns how many files were
    applied. Safe to repeat, also at the same time. SQLite has none of them."""
    if connection.dialect.name != "postgresql":
        return 0
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    connection.execute(text(_APPLIED))
    done = set(connection.scalars(text("SELECT name FROM engine_migrations")))
    missing = [name for name in _names() if name not in done]
    if not done:
        _run(connection, SchemaManager.get_schema())
    else:
        for name in missing:
            _run(connection, _folder().joinpath(name).read_text("utf-8"))
    for name in missing:
        connection.execute(text("INSERT INTO engine_migrations VALUES (:name)"), {"name": name})
    return len(missing)


def tear_down(connection: Connection) -> None:
    """Removes all of it."""
    if connection.dialect.name != "postgresql":
        return
    _run(connection, _TEAR_DOWN)


def _names() -> list[str]:
    return sorted(one.name for one in _folder().iterdir() if one.name.endswith(".sql"))


def _folder() -> resources.abc.Traversable:
    return resources.files("procrastinate.sql").joinpath("migrations")


def _run(connection: Connection, script: str) -> None:
    """A script of many statements, as it stands: psycopg takes it without parameters only."""
    raw = connection.connection.driver_connection
    assert raw is not None
    raw.execute(script)


_TEAR_DOWN = """
DO $$
DECLARE one record;
BEGIN
    DROP TABLE IF EXISTS engine_migrations, procrastinate_events, procrastinate_periodic_defers,
        procrastinate_jobs, procrastinate_workers CASCADE;
    FOR one IN
        SELECT oid::regprocedure AS name FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'procrastinate\\_%'
    LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', one.name);
    END LOOP;
    FOR one IN
        SELECT typname AS name FROM pg_type
        WHERE typnamespace = current_schema()::regnamespace AND typname LIKE 'procrastinate\\_%'
    LOOP
        EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', one.name);
    END LOOP;
END $$;
"""
