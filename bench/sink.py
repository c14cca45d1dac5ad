"""`python -m bench.sink [DELAY [MOST]]`: takes mail, throws it away and counts, in its own process.

It waits DELAY seconds before it answers a message, and sends more than MOST connections away with
421. Its port is the first line it writes; when its input ends it writes what it counted, as JSON.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

END = b"\r\n.\r\n"
EHLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 10485760\r\n"
ANSWERS = {b"DATA": b"354 Go\r\n", b"QUIT": b"221 Bye\r\n", b"EHLO": EHLO}


@dataclass
class Counts:
    taken: int = 0
    refused: int = 0  # connections
    bytes: int = 0
    open: int = 0
    most: int = 0  # connections at the same time
    times: list[float] = field(default_factory=list)  # of each message: CLOCK_MONOTONIC, seconds


class Session(asyncio.Protocol):
    def __init__(self, counts: Counts, delay: float, most: int) -> None:
        self.counts, self.delay, self.most = counts, delay, most
        self.rest = b""
        self.in_message = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.counts.open += 1
        if self.most and self.counts.open > self.most:
            self.counts.refused += 1
            self.transport.write(b"421 4.7.0 Too many connections\r\n")
            self.transport.close()
            return
        self.counts.most = max(self.counts.most, self.counts.open)
        self.transport.write(b"220 sink ESMTP\r\n")

    def connection_lost(self, _: Exception | None) -> None:
        self.counts.open -= 1

    def data_received(self, data: bytes) -> None:
        if self.in_message:
            self.counts.bytes += len(data)
            # One client waits for its answer, so nothing follows the final dot.
            if (data if len(data) >= len(END) else self.rest + data).endswith(END):
                self.in_message, self.rest = False, b""
                self.counts.taken += 1
                self.counts.times.append(time.monotonic())
                if self.delay:
                    asyncio.get_running_loop().call_later(self.delay, self.say, b"250 Taken\r\n")
                else:
                    self.say(b"250 Taken\r\n")
            else:
                self.rest = (self.rest + data)[-len(END) :]
            return
        *lines, self.rest = (self.rest + data).split(b"\n")
        if lines:
            verbs = [line[:4].rstrip() for line in lines]
            self.in_message = verbs[-1] == b"DATA"
            self.say(b"".join(ANSWERS.get(verb, b"250 OK\r\n") for verb in verbs))

    def say(self, words: bytes) -> None:
        self.transport.write(words)


async def serve(delay: float, most: int) -> None:
    counts, loop = Counts(), asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Session(counts, delay, most), "127.0.0.1", backlog=1_000
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(json.dumps(vars(counts)), flush=True)


@dataclass
class Sink:
    port: int
    counted: dict[str, Any] = field(default_factory=dict)  # filled in when it has ended


@contextmanager
def sink(delay: float = 0.0, most: int = 0) -> Iterator[Sink]:
    """A sink that runs as long as the block does."""
    command = [sys.executable, "-m", "bench.sink", str(delay), str(most)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        found = Sink(int(process.stdout.readline()))
        try:
            yield found
        finally:
            said, _ = process.communicate(timeout=10)
        found.counted |= json.loads(said)


if __name__ == "__main__":
    given = [*sys.argv[1:], "0", "0"]
    asyncio.run(serve(float(given[0]), int(given[1])))
