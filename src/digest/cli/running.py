"""Running until a signal comes: pages, clock and worker in one event loop, and an orderly end."""

import asyncio
import errno
import gc
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import uvicorn

from digest import clock
from digest.errors import ConfigurationError
from digest.process import Service
from digest.services.app import App

DRAIN_SECONDS = 7.0  # for what is being sent; supervisors kill after 10
CLOSE_SECONDS = 1.5  # for saying goodbye to providers


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


def run(app: App, service: Service | None, taken: socket.socket | None) -> None:
    """Runs the service, and the pages on the socket `taken`, until SIGTERM or Ctrl-C."""
    server = None if taken is None else _pages(app)
    # What is loaded by now stays until the end. Left out of the collector's rounds, it does not
    # make each mail half as dear again.
    gc.collect()
    gc.freeze()
    asyncio.run(_run(app, service, server, taken))


def _pages(app: App) -> Pages:
    from digest.web.app import create  # a worker needs none of it

    return Pages(
        uvicorn.Config(
            create(app, clock.now), log_config=None, access_log=False, timeout_graceful_shutdown=3
        )
    )


async def _run(
    app: App, service: Service | None, server: Pages | None, taken: socket.socket | None
) -> None:
    running: set[asyncio.Task[None]] = set()
    if server is not None and taken is not None:
        running.add(asyncio.create_task(server.serve([taken])))
    if service is not None:
        running.add(asyncio.create_task(service.run()))
    loop = asyncio.get_running_loop()

    def stop() -> None:
        if service is not None:
            service.stop()
        if server is not None:
            server.should_exit = True

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    try:
        await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        stop()
        await asyncio.wait(running, timeout=DRAIN_SECONDS)
    finally:
        for task in running:
            if not task.done():
                task.cancel()
        closing_all = (channel.close() for channel in app.channels.values())
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(*closing_all, return_exceptions=True)
        app.db.dispose()
    for task in running:
        if task.done() and not task.cancelled() and (failure := task.exception()) is not None:
            raise failure
