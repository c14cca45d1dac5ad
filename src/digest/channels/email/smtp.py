"""Hands messages to the mail server: kept connections, a limit on them, an answer for each message.

One connection carries one message at a time to one recipient, so that no bad address touches
another. What happened before the final dot is surely not delivered; a cut after it is the one state
that nobody can know.
"""

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import aiosmtplib

from digest.channels.email.address import needs_smtputf8
from digest.channels.email.replies import Reply, Stage, error_for
from digest.channels.email.settings import EmailSettings, Relay
from digest.errors import AddressRefused, ChannelStopped, DeliveryError, RetryLater, Unanswered

_LOST = (aiosmtplib.SMTPException, OSError, asyncio.TimeoutError)


@dataclass(frozen=True, slots=True)
class Submission:
    """One message for one recipient. `data` has CRLF line ends and no dots doubled."""

    sender: str
    recipient: str
    reference: str  # its Message-ID
    data: bytes

    def as_mapping(self) -> dict[str, object]:
        return {
            "from": self.sender,
            "to": self.recipient,
            "reference": self.reference,
            "data": self.data,
        }

    @classmethod
    def of(cls, payload: Mapping[str, Any] | bytes) -> "Submission":
        """The Submission in a Step's payload."""
        if isinstance(payload, bytes):
            raise TypeError("an email's payload is a mapping")
        return cls(payload["from"], payload["to"], payload["reference"], payload["data"])


class _Lost(Exception):
    """The connection ended before the message was handed over."""


class Connection:
    """One session with the mail server, logged in."""

    def __init__(self, client: aiosmtplib.SMTP, timeout: float) -> None:
        self._client = client
        self._timeout = timeout
        self.sent = 0

    @property
    def alive(self) -> bool:
        return self._client.is_connected

    @property
    def encrypted(self) -> bool:
        return self._client.get_transport_info("sslcontext") is not None

    async def deliver(self, submission: Submission) -> None:
        """One mail transaction.

        Raises:
            DeliveryError: the server refused, or did not answer after the final dot.
            _Lost: the connection ended before that.
        """
        eai = needs_smtputf8(submission.recipient)
        if eai and not self._client.supports_extension("smtputf8"):
            raise AddressRefused("needs_smtputf8", "the mail server can't take this address")
        options = [b"SMTPUTF8"] if eai else []
        if self._client.supports_extension("size"):
            options.append(b"SIZE=%d" % len(submission.data))
        await self._ask(Stage.SENDER, b"MAIL", _path(b"FROM", submission.sender), *options)
        await self._ask(Stage.RECIPIENT, b"RCPT", _path(b"TO", submission.recipient))
        await self._ask(Stage.DATA, b"DATA")
        self.sent += 1
        reply = await self._hand_over(submission.data)
        if reply.code != aiosmtplib.SMTPStatus.completed:
            raise error_for(Stage.ACCEPT, reply)

    async def _ask(self, stage: Stage, *command: bytes) -> None:
        try:
            answer = await self._client.execute_command(*command, timeout=self._timeout)
        except _LOST as error:
            raise _Lost(type(error).__name__) from error
        reply = Reply(answer.code, answer.message)
        if not 200 <= reply.code < 400:
            raise error_for(stage, reply)

    async def _hand_over(self, data: bytes) -> Reply:
        """The message and its final dot.

        aiosmtplib's own `data` does not tell a cut before the message from one after it.

        Raises:
            Unanswered: no answer came.
        """
        protocol = self._client.protocol
        if protocol is None:
            raise _Lost("closed")
        stuffed = data.replace(b"\r\n.", b"\r\n..") + b".\r\n"
        try:
            protocol.write(stuffed)
            answer = await protocol.read_response(timeout=self._timeout)
        except _LOST as error:
            self.close()
            raise Unanswered(
                "no_answer", "the mail server took the message and fell silent"
            ) from error
        except asyncio.CancelledError:
            self.close()
            raise
        return Reply(answer.code, answer.message)

    async def reset(self) -> None:
        """Makes the session ready for another message, after a refusal; closes it if it can't."""
        try:
            await self._client.rset(timeout=self._timeout)
        except _LOST:
            self.close()

    def close(self) -> None:
        self._client.close()

    async def quit(self) -> None:
        try:
            await self._client.quit(timeout=min(self._timeout, 5))
        except _LOST:
            self.close()


def _path(verb: bytes, address: str) -> bytes:
    return verb + b":<" + address.encode("utf-8", "replace") + b">"


class Submitter:
    """A small pool of connections to one mail server."""

    def __init__(self, settings: EmailSettings) -> None:
        if settings.relay is None:
            raise ValueError("no mail server is set")
        self.relay: Relay = settings.relay
        self._settings = settings
        self._free = asyncio.Semaphore(settings.smtp_connections)
        self._idle: list[Connection] = []

    async def submit(self, submission: Submission) -> None:
        """Sends one message; waits for a connection when all are in use.

        Raises:
            DeliveryError: one of its kinds.
        """
        async with self._free:
            try:
                await self._submit(submission)
            except _Lost as error:
                raise RetryLater("connection_lost", str(error)) from error

    async def _submit(self, submission: Submission) -> None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.alive:
                continue
            try:
                return await self._deliver(connection, submission)
            except _Lost:
                continue  # the server had hung up meanwhile: nothing was handed over
            except RetryLater as error:
                if error.reason != "relay_busy" or connection.alive:
                    raise  # 421 closes the session; a fresh one may be welcome
        await self._deliver(await self.connect(), submission)

    async def _deliver(self, connection: Connection, submission: Submission) -> None:
        settled = False
        try:
            await connection.deliver(submission)
            settled = True
        except DeliveryError:
            if connection.alive:
                await connection.reset()
            settled = True
            raise
        finally:
            if not settled:
                connection.close()
            elif connection.alive and connection.sent >= self._settings.smtp_messages:
                await connection.quit()
            elif connection.alive:
                self._idle.append(connection)

    async def connect(self) -> Connection:
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
            tls_context=self._tls,
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
        return Connection(client, settings.smtp_timeout)

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
        await asyncio.gather(*(connection.quit() for connection in idle))


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
