"""`digest serve`: web pages, clock and worker in one process."""

import asyncio
import errno
import fcntl
import gc
import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import uvicorn

from digest import clock
from digest.bootstrap import set_up
from digest.cli.common import open_app, say
from digest.errors import ConfigurationError
from digest.scheduler import Service
from digest.services.app import App
from digest.store import sqlite_file
from digest.web.app import create

DRAIN_SECONDS = 7.0  # for what is being sent; supervisors kill after 10
CLOSE_SECONDS = 1.5  # for saying goodbye to providers


def serve() -> None:
    """Run web pages, scheduler and sender until stopped. SIGTERM finishes what is being sent."""
    app = open_app()
    host, port = app.settings.web_host, app.settings.web_port
    with only_one(app), closing(listen(host, port)) as taken:
        set_up(app)
        say(
            f"Serving {app.settings.base_url} on {host}:{port};"
            f" channels: {app.set_up_in_words or 'none set up'}."
        )
        # What is loaded by now stays until the end. Left out of the collector's rounds, it does not
        # make each mail half as dear again.
        gc.collect()
        gc.freeze()
        asyncio.run(_serve(app, taken))


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


def listen(host: str, port: int) -> socket.socket:
    """The socket that the pages are served on, taken before anything else is begun.

    Raises:
        ConfigurationError: the port is in use, or the address is none of this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        why = "is in use" if error.errno == errno.EADDRINUSE else f"can't be had: {error.strerror}"
        raise ConfigurationError(
            f"port {port} of {host} {why}; DIGEST_WEB_PORT and DIGEST_WEB_HOST name another"
        ) from None
    return taken


class Pages(uvicorn.Server):
    """The web server; signals are handled here, for it and for the worker beside it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _serve(app: App, taken: socket.socket) -> None:
    service = Service(app, clock.now)
    server = Pages(
        uvicorn.Config(
            create(app, clock.now), log_config=None, access_log=False, timeout_graceful_shutdown=3
        )
    )
    loop = asyncio.get_running_loop()

    def stop() -> None:
        service.stop()
        server.should_exit = True

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    pages = asyncio.create_task(server.serve([taken]))
    worker = asyncio.create_task(service.run())
    try:
        await asyncio.wait({pages, worker}, return_when=asyncio.FIRST_COMPLETED)
        stop()
        await asyncio.wait({pages, worker}, timeout=DRAIN_SECONDS)
    finally:
        for task in (pages, worker):
            if not task.done():
                task.cancel()
        closing_all = (channel.close() for channel in app.channels.values())
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(*closing_all, return_exceptions=True)
        app.db.dispose()
    for task in (pages, worker):
        if task.done() and not task.cancelled() and task.exception() is not None:
            raise task.exception()  # type: ignore[misc]
