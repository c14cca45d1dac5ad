"""LMTP: a mail server hands over bounces one by one, and keeps each until we have it (RFC 2033).

250 is answered after the commit. While the database is away the answer is 451, and the mail server
tries again by itself.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.errors import ConfigurationError, NotFound
from digest.services.app import App
from digest.services.bounces.mail import Came, refused, take_mail

LARGEST = 2_000_000  # bytes: a mail of ours that comes back whole has a tenth of that
LONGEST_LINE = 65_536  # bytes; more than RFC 5321 allows, as bounces quote what they like
AGAIN = 5.0  # seconds until a process that stands by tries again
TIMEOUT = 60.0  # seconds for each command

log = logging.getLogger(__name__)
logging.getLogger("mail.log").setLevel(logging.WARNING)  # it would log addresses

_AGAIN = "451 4.3.0 not now; please try again"
_NOBODY = "550 5.1.1 there is no such address here"
_ANSWERS = {
    Came.REFUSED: "550 5.7.1 that is not one of ours",
    Came.OTHER: "550 5.7.1 this address takes bounces only",
}


class _Protocol(LMTP):
    line_length_limit = LONGEST_LINE


class Handler:
    """What aiosmtpd asks: whether a recipient exists, and to take a mail."""

    def __init__(self, app: App, clock: Callable[[], datetime]) -> None:
        self.app = app
        self.clock = clock

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient at a time"  # so that each has one answer
        local = address.rpartition("@")[0] or address
        if local.lower().startswith("b+"):
            try:
                self.app.returns.read(local)
            except NotFound:
                try:
                    await asyncio.to_thread(refused, self.app)
                except ConfigurationError:
                    log.debug("a refusal could not be counted")
                return _NOBODY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 yes"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.original_content or b""
        try:
            taken = await asyncio.to_thread(
                take_mail, self.app, raw, self.clock(), "lmtp", envelope.rcpt_tos
            )
        except ConfigurationError as error:  # also DatabaseAway and DatabaseFails
            log.warning("a bounce could not be taken; its server keeps it: %s", error)
            return _AGAIN
        except Exception:
            log.exception("a bounce could not be taken; its server keeps it")
            return _AGAIN
        return _ANSWERS.get(taken.came, f"250 2.6.0 {taken.came}")


async def serve(
    app: App, where: str, clock: Callable[[], datetime], stop: asyncio.Event, ready: asyncio.Event
) -> None:
    """Serves until `stop`; `ready` is set once connections are taken.

    Raises:
        ConfigurationError: `where` can't be listened on.
    """
    _ = app.returns  # may write its key
    handler = Handler(app, clock)
    loop = asyncio.get_running_loop()

    def protocol() -> LMTP:
        return _Protocol(
            handler,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname="digest",
            ident="bounces",
            timeout=TIMEOUT,
            loop=loop,
        )

    try:
        if "/" in where:
            await _unused(where)
            _remove(Path(where))  # of one that was killed
            server = await loop.create_unix_server(protocol, where)
            Path(where).chmod(0o666)  # its folder says who reaches it
        else:
            host, _, port = where.rpartition(":")
            server = await loop.create_server(protocol, host.strip("[]"), int(port))
    except OSError as error:
        raise ConfigurationError(
            f"DIGEST_BOUNCE_LMTP: {where} can't be listened on: {error.strerror}"
        ) from None
    ready.set()
    try:
        await stop.wait()
    finally:
        server.close()
        if "/" in where:
            _remove(Path(where))


class Intake:
    """LMTP beside what else a process does, until it is stopped. Who can't listen now, because a
    process beside it does, or can't reach the database, stands by and tries again."""

    def __init__(self, app: App, where: str, clock: Callable[[], datetime]) -> None:
        self._app, self._where, self._clock = app, where, clock

    async def run(self, stop: asyncio.Event) -> None:
        said = ""
        while not stop.is_set():
            ready = asyncio.Event()
            try:
                await serve(self._app, self._where, self._clock, stop, ready)
            except ConfigurationError as error:  # also DatabaseAway
                if str(error) != said:
                    said = str(error)
                    log.warning("no bounces are taken over LMTP here: %s", said)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), AGAIN)


async def _unused(where: str) -> None:
    """
    Raises:
        ConfigurationError: another process listens there.
    """
    try:
        _, writer = await asyncio.open_unix_connection(where)
    except OSError:
        return
    writer.close()
    raise ConfigurationError(f"DIGEST_BOUNCE_LMTP: another process listens on {where}")


def _remove(place: Path) -> None:
    """A socket; whatever else stands there stays."""
    if place.is_socket():
        place.unlink(missing_ok=True)
