"""`digest serve`: web pages, clock and worker in one process; the three also for themselves."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from digest import clock
from digest.bootstrap import set_up
from digest.cli.common import open_app, say
from digest.cli.running import listening, run
from digest.engine.base import ALERTS, DIGESTS, PLANS
from digest.errors import ConfigurationError, WrongUsage
from digest.process import Service
from digest.services.app import App
from digest.store import sqlite_file

QUEUES = {ALERTS: (ALERTS,), DIGESTS: (DIGESTS, PLANS)}
"""What a worker of each queue does: digests are planned by whoever sends them."""

Queues = Annotated[
    str,
    typer.Option("--queues", help="What it works for: alerts, digests, or both.", metavar="NAMES"),
]


def serve() -> None:
    """Run web pages, scheduler and worker until stopped. SIGTERM finishes what is being sent."""
    app = open_app()
    host, port = app.settings.web_host, app.settings.web_port
    with only_one(app), listening(app, pages=True) as serving:
        set_up(app)
        say(
            f"Serving {app.settings.base_url} on {host}:{port};"
            f" channels: {app.set_up_in_words or 'none set up'}."
        )
        run(app, Service(app, clock.now), serving)


def web() -> None:
    """Run the web pages only, beside workers and schedulers elsewhere. As many as you like."""
    app = open_app()
    of_many(app)
    host, port = app.settings.web_host, app.settings.web_port
    with listening(app, pages=True) as serving:
        say(f"Serving {app.settings.base_url} on {host}:{port}; pages only.")
        run(app, None, serving)


def worker(queues: Queues = f"{ALERTS},{DIGESTS}") -> None:
    """Plan and send until stopped. As many as you like; SIGTERM finishes what is being sent."""
    wanted = [one.strip() for one in queues.split(",") if one.strip()]
    for name in wanted:
        if name not in QUEUES:
            raise WrongUsage(f"there is no queue {name!r}; there are {', '.join(QUEUES)}")
    app = open_app()
    of_many(app)
    names = [queue for name in dict.fromkeys(wanted) for queue in QUEUES[name]]
    with listening(app, pages=False) as serving:
        say(f"Working for {', '.join(wanted)}; channels: {app.set_up_in_words or 'none set up'}.")
        run(app, Service(app, clock.now, leads=False, queues=names), serving)


def scheduler() -> None:
    """Find what is due until stopped. One of many leads, the others stand by."""
    app = open_app()
    of_many(app)
    with listening(app, pages=False) as serving:
        say("Finding what is due, if no other scheduler does.")
        run(app, Service(app, clock.now, queues=()), serving)


def of_many(app: App) -> None:
    """Refuses to be one process of many where there can be one only, or before `digest init`.

    Raises:
        ConfigurationError: the database is SQLite, or its tables are of an earlier release.
    """
    if app.db.is_sqlite:
        raise ConfigurationError(
            "SQLite is for one process: use `digest serve`, or set DIGEST_DATABASE_URL to a"
            " PostgreSQL database"
        )
    at, newest = app.db.revisions()
    if at is None or (newest is not None and at < newest):
        raise ConfigurationError("the tables are not those of this release: run `digest init`")


@contextmanager
def only_one(app: App) -> Iterator[None]:
    """Refuses a second `serve` on one SQLite file: each would take the other for dead.

    Raises:
        ConfigurationError: another one runs, or the folder can't be written to.
    """
    file = app.db.file
    if file is None:
        yield
        return
    try:
        lock = file.with_name(f"{file.name}.lock").open("w")
    except OSError as error:
        why = sqlite_file.trouble(file) or f"{error.filename}: {error.strerror}"
        raise ConfigurationError(why) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigurationError(f"another `digest serve` runs on {file}") from None
        yield
