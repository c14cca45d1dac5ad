"""The engine, its pragmas, the unit of work and the migrations."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from digest.errors import ConfigurationError
from digest.render.environment import built_in_folder

BUSY_SECONDS = 20  # how long a writer waits for another one before it gives up


class Database:
    """One database and its sessions. SQLite and PostgreSQL behave the same to all callers."""

    def __init__(self, url: str) -> None:
        """
        Raises:
            ConfigurationError: the URL is not one of SQLite or PostgreSQL.
        """
        try:
            parsed = make_url(url)
        except ArgumentError:
            raise ConfigurationError(
                "DIGEST_DATABASE_URL is not a database URL, such as sqlite:///digest.db"
            ) from None
        if parsed.drivername in ("postgres", "postgresql"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise ConfigurationError(
                f"DIGEST_DATABASE_URL: {parsed.get_backend_name()} is not supported;"
                " use sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME"
            )
        self.url = parsed
        self.engine = _engine(parsed)
        self._session = sessionmaker(self.engine, expire_on_commit=False, autoflush=False)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A transaction that commits at the end, or rolls back when something is raised.

        On SQLite it takes the write lock at once, so that what was read stays true until commit.

        Raises:
            ConfigurationError: the database can't be reached.
        """
        try:
            with self._session.begin() as session:
                yield session
        except OperationalError as error:
            raise self._unreachable(error) from error

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading; nothing is committed."""
        try:
            with self._session() as session:
                if self.is_sqlite:
                    session.connection(execution_options={"digest_read": True})
                yield session
                session.rollback()
        except OperationalError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: OperationalError) -> ConfigurationError:
        why = str(error.orig).splitlines()[0] if error.orig else type(error).__name__
        place = self.url.render_as_string(hide_password=True)
        if "no such table" in why or "does not exist" in why:
            return ConfigurationError(f"{place} has not been set up: run `digest init` ({why})")
        return ConfigurationError(f"the database {place} does not answer: {why}")

    def migrate(self, revision: str = "head") -> None:
        """Brings the tables to `revision` ("base" removes them all).

        Raises:
            ConfigurationError: the database can't be reached.
        """
        config = _alembic_config()
        try:
            with self.engine.connect() as connection:
                config.attributes["connection"] = connection
                if revision == "base":
                    command.downgrade(config, "base")
                else:
                    command.upgrade(config, revision)
                connection.commit()
        except OperationalError as error:
            raise self._unreachable(error) from error

    def revisions(self) -> tuple[str | None, str | None]:
        """(revision of the tables, newest revision of this release)."""
        newest = ScriptDirectory.from_config(_alembic_config()).get_current_head()
        try:
            with self.engine.connect() as connection:
                return MigrationContext.configure(connection).get_current_revision(), newest
        except OperationalError as error:
            raise self._unreachable(error) from error

    def dispose(self) -> None:
        """Closes all connections."""
        self.engine.dispose()


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(built_in_folder("migrations")).replace("%", "%%"))
    return config


def _engine(url: Any) -> Engine:
    if url.get_backend_name() == "postgresql":
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def pragmas(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # A deferred transaction that turns into a writer can fail with "database is locked"
        # without waiting; taking the write lock first waits its turn instead.
        reading = connection.get_execution_options().get("digest_read")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine
