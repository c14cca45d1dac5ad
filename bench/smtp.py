"""Handing mail to a server: a thousand of 29 kB over 16 connections, and what the wire allows.

The wire's own limit is a bare loop that writes the same bytes to the same sink, and reads no answer
but to see that it came. Both take turns, so that a busy machine is the same for both.

Then a server that allows 50 connections and takes 50 ms for each message, which is 1.0 s for a
thousand: with as many connections, and with a limit of ours that is too high.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path

from bench.line import Line, Watch, timed
from bench.sink import sink
from bench.wire import CONNECTIONS, bare, message
from digest.channels.email import EmailSettings
from digest.channels.email.dialogue import Submission
from digest.channels.email.relays import Submitter

MAILS, SIZE, TURNS = 1_000, 29_000, 5
MOST_CPU, LEAST_RATIO = 0.25, 0.25  # milliseconds a mail; 0.13 on a machine at rest
ALLOWED, DELAY, ALL_AFTER = 50, 0.05, 1.5  # connections; seconds before each answer, and in all
DATA = message(SIZE)

Work = Callable[[int], Coroutine[None, None, None]]


def run(_: Path) -> Iterator[Line]:
    with sink() as taking:
        wire, ours = turns(taking.port)
    assert taking.counted.taken == 2 * TURNS * MAILS, taking.counted.taken
    yield Line(
        f"mails of {SIZE // 1_000} kB handed over",
        MAILS / ours.wall,
        "/s",
        wire=MAILS / wire.wall,
        least_ratio=LEAST_RATIO,
        cpu=1e3 * ours.cpu / MAILS,
        most_cpu=MOST_CPU,
    )
    yield Line("the wire's own processor time a mail", 1e3 * wire.cpu / MAILS, "ms")
    for most in (ALLOWED, 2 * ALLOWED):
        yield from limited(most)


def limited(connections: int) -> Iterator[Line]:
    """A server that allows a number of connections and takes its time."""
    with sink(DELAY, ALLOWED) as taking, timed() as watch:
        asyncio.run(submitted(taking.port, connections))
    assert taking.counted.taken == MAILS, taking.counted.taken
    whom = f"{ALLOWED} allowed, up to {connections} wanted"
    yield Line(f"{whom}: all sent after", watch.wall, "s", most=ALL_AFTER)
    refused = connections - ALLOWED
    yield Line(f"{whom}: refused", taking.counted.refused, most=refused)


def turns(port: int) -> tuple[Watch, Watch]:
    """The best of several turns of the wire and of ours."""
    found: dict[Work, list[Watch]] = {partial(bare, mails=MAILS, data=DATA): [], submitted: []}
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
