"""Leadership: of many clocks one leads. PostgreSQL's advisory lock says which.

The lock belongs to a connection of its own, and ends with it: a clock that is killed is followed
within a second, as the kernel closes its sockets. Of a machine that vanished PostgreSQL learns by
keep-alive packets, set below.
"""

import os

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from digest.errors import DatabaseAway
from digest.store.database import Database

LOCK = 5_823_002  # any number that nobody else takes
_TAKE = text("SELECT pg_try_advisory_lock(:lock)")
_LED = text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid = 0 AND objid = :lock)"  # a number this small has no upper half
)
_IS_THERE = text("SELECT 1")
_PULSE = (
    "SET tcp_keepalives_idle = 2; SET tcp_keepalives_interval = 1; SET tcp_keepalives_count = 3"
)
_NAME = text("SELECT set_config('application_name', :name, false)")


class Lead:
    """For one process. On SQLite it always leads: no other clock runs."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._held: Connection | None = None

    def take(self) -> bool:
        """Tries to lead.

        Raises:
            DatabaseAway: the database does not answer.
        """
        if self._db.is_sqlite:
            return True
        with self._db.explained():
            held = self._db.engine.connect()
            try:
                held = held.execution_options(isolation_level="AUTOCOMMIT")
                held.detach()  # not one of those that others wait for
                held.exec_driver_sql(_PULSE)
                held.execute(_NAME, {"name": f"digest scheduler {os.getpid()}"})
                leads = bool(held.scalar(_TAKE, {"lock": LOCK}))
            except BaseException:
                held.close()
                raise
            if leads:
                self._held = held
            else:
                held.close()
            return leads

    def holds(self) -> bool:
        """Whether it still does: the connection is there."""
        if self._db.is_sqlite:
            return True
        if self._held is None:
            return False
        try:
            with self._db.explained():
                self._held.execute(_IS_THERE)
        except DatabaseAway:
            self.drop()
            return False
        return True

    def drop(self) -> None:
        """Lets another one lead."""
        held, self._held = self._held, None
        if held is not None:
            held.close()


def led(session: Session) -> bool:
    """Whether some clock leads, on PostgreSQL."""
    return bool(session.scalar(_LED, {"lock": LOCK}))
