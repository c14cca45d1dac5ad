"""Hands messages to the mail server: kept connections, a limit on them, an answer for each message.

What is said over one of them stands in `dialogue`.
"""

import asyncio
import ssl
from functools import cached_property
from typing import cast

import aiosmtplib

from digest.channels.email.dialogue import PARTING, Dialogue, NotTaken, Offers, Submission
from digest.channels.email.replies import Reply, Stage, error_for
from digest.channels.email.settings import EmailSettings, Relay
from digest.errors import ChannelStopped, DeliveryError, RetryLater


class Submitter:
    """A small pool of connections to one mail server."""

    def __init__(self, settings: EmailSettings) -> None:
        if settings.relay is None:
            raise ValueError("no mail server is set")
        self.relay: Relay = settings.relay
        self._settings = settings
        self._free = asyncio.Semaphore(settings.smtp_connections)
        self._idle: list[Dialogue] = []

    async def submit(self, submission: Submission) -> None:
        """Sends one message; waits for a connection when all are in use.

        Raises:
            DeliveryError: one of its kinds.
        """
        async with self._free:
            try:
                await self._submit(submission)
            except NotTaken as lost:
                raise lost.error from lost

    async def _submit(self, submission: Submission) -> None:
        while self._idle:
            dialogue = self._idle.pop()
            if not dialogue.alive:
                continue
            try:
                return await self._deliver(dialogue, submission)
            except NotTaken as lost:
                if not lost.hung_up:
                    raise
                # The server had hung up meanwhile; a fresh session may be welcome.
        await self._deliver(await self.connect(), submission)

    async def _deliver(self, dialogue: Dialogue, submission: Submission) -> None:
        try:
            await dialogue.deliver(submission)
        finally:
            if dialogue.alive and dialogue.sent < self._settings.smtp_messages:
                self._idle.append(dialogue)
            else:
                dialogue.quit()
                await dialogue.closed

    async def connect(self) -> Dialogue:
        """A new session: greeting, TLS as the settings ask, login.

        Raises:
            RetryLater: the server can't be reached, or is busy.
            ChannelStopped: TLS or the login fails, which only an admin can mend.
        """
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=self.relay.host,
            port=self.relay.port,
            use_tls=self.relay.tls,
            start_tls=False,  # done below, so that its absence is an error and no surprise
            tls_context=self._tls if self.relay.tls or self.relay.starttls != "never" else None,
            timeout=settings.smtp_timeout,
            local_hostname=settings.domain,
        )
        stage = Stage.CONNECT
        try:
            await client.connect()
            stage = Stage.HELLO
            await client.ehlo()
            stage = Stage.TLS
            await self._secure(client)
            stage = Stage.LOGIN
            await self._login(client)
        except BaseException as error:
            client.close()
            if isinstance(error, (aiosmtplib.SMTPException, OSError, asyncio.TimeoutError)):
                raise _connect_error(stage, error, self.relay) from error
            raise
        offered = client.supports_extension
        offers = Offers(offered("pipelining"), offered("size"), offered("smtputf8"))
        transport = client.protocol.transport if client.protocol else None
        if transport is None or transport.is_closing():
            raise RetryLater("connection_lost", str(self.relay))
        return Dialogue(cast(asyncio.Transport, transport), offers, settings.smtp_timeout)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Read once: every authority of the machine takes longer than a message."""
        context = ssl.create_default_context()
        if self._settings.smtp_ca:
            context.load_verify_locations(cadata=self._settings.smtp_ca)
        elif self.relay.loopback and self.relay.starttls == "auto":
            # TLS was not asked for: a test server's own certificate is as good as none.
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    async def _secure(self, client: aiosmtplib.SMTP) -> None:
        """STARTTLS. Without an offer of it, only "auto" and "never" go on in the clear."""
        if self.relay.starttls == "never":
            return
        if client.supports_extension("starttls"):
            await client.starttls()
            await client.ehlo()
        elif self.relay.starttls == "required":
            raise ChannelStopped("tls_not_offered", "the mail server does not offer STARTTLS")

    async def _login(self, client: aiosmtplib.SMTP) -> None:
        if self.relay.user is None:
            return
        encrypted = client.get_transport_info("sslcontext") is not None
        if not encrypted and not self.relay.loopback:
            raise ChannelStopped("login_needs_tls", "a password is sent over TLS only")
        if not client.supports_extension("auth"):
            raise ChannelStopped("login_not_offered", "the mail server offers no login")
        password = self.relay.password.get_secret_value() if self.relay.password else ""
        await client.login(self.relay.user, password)

    async def close(self) -> None:
        """Ends the kept connections."""
        idle, self._idle = self._idle, []
        for dialogue in idle:
            dialogue.quit()
        if idle:
            await asyncio.wait([dialogue.closed for dialogue in idle], timeout=2 * PARTING)


def _connect_error(stage: Stage, error: BaseException, relay: Relay) -> DeliveryError:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return ChannelStopped("tls_certificate", cause.verify_message)
        if isinstance(cause, ssl.SSLError):
            return ChannelStopped("tls_failed", cause.reason or "handshake failed")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code > 0:
        return error_for(stage, Reply(error.code, error.message))
    if stage is Stage.LOGIN and not isinstance(error, OSError):
        return ChannelStopped("login_not_offered", "no login method of the mail server suits us")
    late = isinstance(error, (aiosmtplib.SMTPTimeoutError, TimeoutError))
    return RetryLater("relay_timeout" if late else "relay_unreachable", str(relay))
