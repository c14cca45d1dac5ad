"""Handing mail to a server: a thousand of 29 kB over 16 connections, and what the wire allows.

The wire's own limit is a bare loop that writes the same bytes to the same sink, and reads no answer
but to see that it came. Both take turns, so that a busy machine is the same for both.

Then a server that allows 50 connections and takes 50 ms for each message, which is 1.0 s for a
thousand: with as many connections, and with a limit of ours that is too high.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import cast

from bench.line import Line, Watch, timed
from bench.sink import sink
from digest.channels.email import EmailSettings
from digest.channels.email.dialogue import Submission
from digest.channels.email.relays import Submitter

MAILS, SIZE, CONNECTIONS, TURNS = 1_000, 29_000, 16, 5
MOST_CPU, MOST_TIMES_THE_WIRE = 0.25, 4.0  # milliseconds a mail; 0.13 on a machine at rest
ALLOWED, DELAY, ALL_AFTER = 50, 0.05, 1.5  # connections; seconds before each answer, and in all
TEXT = b"The port authority says that pilots will board ships again once insurer=\r\n"
DATA = TEXT * (SIZE // len(TEXT))

Work = Callable[[int], Coroutine[None, None, None]]


def run(_: Path) -> Iterator[Line]:
    with sink() as taking:
        wire, ours = turns(taking.port)
    assert taking.counted["taken"] == 2 * TURNS * MAILS, taking.counted
    yield Line("mails a second, the wire's own limit", MAILS / wire.wall)
    yield Line("mails a second, ours", MAILS / ours.wall)
    yield Line("times the wire's time", ours.wall / wire.wall, most=MOST_TIMES_THE_WIRE)
    yield Line("the wire's own processor time a mail", 1e3 * wire.cpu / MAILS, "ms")
    yield Line("processor time a mail, ours", 1e3 * ours.cpu / MAILS, "ms", most=MOST_CPU)
    for most in (ALLOWED, 2 * ALLOWED):
        yield from limited(most)


def limited(connections: int) -> Iterator[Line]:
    """A server that allows a number of connections and takes its time."""
    with sink(DELAY, ALLOWED) as taking, timed() as watch:
        asyncio.run(submitted(taking.port, connections))
    assert taking.counted["taken"] == MAILS, taking.counted
    whom = f"{ALLOWED} allowed, up to {connections} wanted"
    yield Line(f"{whom}: all sent after", watch.wall, "s", most=ALL_AFTER)
    refused = connections - ALLOWED
    yield Line(f"{whom}: refused", taking.counted["refused"], most=refused)


def turns(port: int) -> tuple[Watch, Watch]:
    """The best of several turns of the wire and of ours."""
    found: dict[Work, list[Watch]] = {bare: [], submitted: []}
    for _ in range(TURNS):
        for work, watches in found.items():
            with timed() as watch:
                asyncio.run(work(port))
            watches.append(watch)
    wire, ours = (
        Watch(min(one.wall for one in each), min(one.cpu for one in each))
        for each in found.values()
    )
    return wire, ours


async def submitted(port: int, connections: int = CONNECTIONS) -> None:
    """Through the pool, with as many in flight as there may be connections."""
    url = f"smtp://127.0.0.1:{port}?starttls=never"
    submitter = Submitter(EmailSettings.load(smtp_url=url, smtp_connections=connections))
    waiting = iter(range(MAILS))

    async def runner() -> None:
        for number in waiting:
            await submitter.submit(
                Submission("digest@example.org", f"r{number}@example.com", f"<{number}@b>", DATA)
            )

    await asyncio.gather(*(runner() for _ in range(connections)))
    await submitter.close()


class Bare(asyncio.Protocol):
    """The same bytes, and no thought."""

    def __init__(self, waiting: Iterator[int], done: asyncio.Future[None]) -> None:
        self.waiting, self.done = waiting, done
        self.next = self.hello

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.next()

    def hello(self) -> None:
        self.transport.write(b"EHLO bench\r\n")
        self.next = self.envelope

    def envelope(self) -> None:
        number = next(self.waiting, None)
        if number is None:
            self.transport.close()
            if not self.done.done():
                self.done.set_result(None)
            return
        self.transport.write(
            b"MAIL FROM:<digest@example.org> SIZE=29000\r\n"
            b"RCPT TO:<r%d@example.com>\r\nDATA\r\n" % number
        )
        self.next = self.message

    def message(self) -> None:
        self.transport.write(DATA + b".\r\n")
        self.next = self.envelope


async def bare(port: int) -> None:
    loop = asyncio.get_running_loop()
    waiting = iter(range(MAILS))
    ends = [loop.create_future() for _ in range(CONNECTIONS)]
    for end in ends:
        await loop.create_connection(lambda end=end: Bare(waiting, end), "127.0.0.1", port)
    await asyncio.gather(*ends)
