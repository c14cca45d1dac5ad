"""One breaking event to a thousand readers by email: from its commit to the last mail at the sink.

The service runs as an admin runs it: `digest serve` on SQLite, `digest worker` and `digest
scheduler` on PostgreSQL. The event is stored by another process, this one. What the wire allows is
measured in the same run, by a bare loop that writes as many bytes to the same kind of sink.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, select

from bench import smtp
from bench.line import Line
from bench.server import server
from bench.sink import sink
from bench.stage import opened
from digest import bootstrap
from digest.formats.entry import Entry
from digest.models import Destination, Follow, Interest, Subscriber
from digest.models.record import EventRecord
from digest.services.app import App
from digest.services.news.ingest import ingest
from digest.standins.server import free_port

READERS = 1_000
ALL_AFTER, CPU, CONNECTIONS = 1.0, 0.8, 16  # seconds; milliseconds a mail
FIRST = {"sqlite": 50.0, "postgres": 100.0}  # milliseconds
SENTENCE = (
    "The port authority says that pilots will board ships again once insurers have agreed to cover "
    "the approach through the northern channel. "
)
TICKS = os.sysconf("SC_CLK_TCK")
DIGEST = str(Path(sys.executable).with_name("digest"))
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def run(folder: Path) -> Iterator[Line]:
    yield from measured("sqlite", f"sqlite:///{folder / 'alert.db'}", folder, [["serve"]])
    with server() as postgres:
        if postgres is not None:
            commands = [["worker"], ["scheduler"]]
            yield from measured("postgres", postgres.url, folder, commands)


def measured(
    name: str, url: str, folder: Path, commands: Sequence[Sequence[str]]
) -> Iterator[Line]:
    with sink() as taking, opened(url) as app, ExitStack() as stack:
        bootstrap.set_up(app)
        app.queue = bootstrap.queue(app.db)
        people(app)
        processes = [
            stack.enter_context(running(one, url, taking.port, folder)) for one in commands
        ]
        tell(app, "warm", "Peru")
        wait(lambda: sent(app) == 1)
        time.sleep(2)  # all that starts has started
        before = sum(map(cpu, processes))
        committed = tell(app, "measured", "Iran")
        wait(lambda: sent(app) == READERS + 1)
        spent = sum(map(cpu, processes)) - before
        room = max(map(peak, processes))
    times = sorted(taking.counted["times"])[1:]
    assert len(times) == READERS, len(times)
    size = taking.counted["bytes"] // (READERS + 1)
    wire = bare(size)
    last = times[-1] - committed
    yield Line(f"{name}: bytes of a mail", size, "B")
    first = 1e3 * (times[0] - committed)
    yield Line(f"{name}: first mail after the commit", first, "ms", most=FIRST[name])
    yield Line(f"{name}: last of {READERS}", last, "s", most=ALL_AFTER)
    yield Line(f"{name}: times the wire's time", last / wire)
    yield Line(f"{name}: processor a mail", 1e3 * spent / READERS, "ms", most=CPU)
    yield Line(f"{name}: connections", taking.counted["most"], most=CONNECTIONS)
    yield Line(f"{name}: peak of a process", room, "MB")


def bare(size: int) -> float:
    """Seconds that the wire takes for as many mails of this size: the best of three."""
    smtp.DATA = smtp.TEXT * (size // len(smtp.TEXT))
    found = []
    with sink() as taking:
        for _ in range(3):
            begun = time.monotonic()
            asyncio.run(smtp.bare(taking.port))
            found.append(time.monotonic() - begun)
    return min(found)


def people(app: App) -> None:
    """A thousand who follow Iran, and one who follows Peru; nobody gets digests."""
    with app.db.begin() as session:
        names = select(Interest.slug, Interest.id)
        known = {slug: one for slug, one in session.execute(names)}
        ids = range(1, READERS + 2)
        session.execute(
            insert(Subscriber),
            [{"id": one, "key": f"r{one}", "name": "Amira", "next_due_at": NEVER} for one in ids],
        )
        session.execute(
            insert(Destination),
            [
                {
                    "subscriber_id": one,
                    "channel": "email",
                    "address": f"r{one}@example.org",
                    "verified_at": datetime.now(UTC),
                }
                for one in ids
            ],
        )
        session.execute(
            insert(Follow),
            [
                {"subscriber_id": one, "interest_id": known["peru" if one > READERS else "iran"]}
                for one in ids
            ],
        )


def tell(app: App, name: str, actor: str) -> float:
    """Stores a breaking event; returns when it was committed."""
    now = datetime.now(UTC)
    record = EventRecord.model_validate(
        {
            "id": name,
            "headline": f"{actor} shuts the strait to tankers",
            "standfirst": SENTENCE * 2,
            "takeaway": SENTENCE * 2,
            "severity": 5,
            "breaking": True,
            "actors": [actor],
            "published_at": now.isoformat(),
            "assertions": [
                {"kind": kind, "text": f"{n}: {SENTENCE}", "horizon": "short"}
                for n, kind in enumerate(("risk", "consequence", "opportunity") * 2)
            ],
            "sources": [
                {"publisher": f"Publisher {n}", "url": f"https://news{n}.example.com/{name}"}
                for n in range(3)
            ],
        }
    )
    found = ingest(app, [Entry(name, record)], now)
    assert (found.new, found.refused) == (1, []), found
    return time.monotonic()


def sent(app: App) -> int:
    with app.db.read() as session:
        from digest.store import deliveries as ledger

        return ledger.counts(session).get(("email", "sent"), 0)


def wait(true) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@contextmanager
def running(
    command: Sequence[str], url: str, port: int, folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    settings = {
        "DIGEST_DATABASE_URL": url,
        "DIGEST_SMTP_URL": f"smtp://127.0.0.1:{port}?starttls=never",
        "DIGEST_SMTP_CONNECTIONS": str(CONNECTIONS),
        "DIGEST_WEB_PORT": str(free_port(0)),
        "DIGEST_SECRET_KEY": "for the bench",
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with (folder / f"{command[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            [DIGEST, *command], cwd=folder, env=kept | settings, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def cpu(process: subprocess.Popen[bytes]) -> float:
    """Seconds of processor of a process."""
    values = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(values[11]) + int(values[12])) / TICKS


def peak(process: subprocess.Popen[bytes]) -> float:
    """MB."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1000
    return 0.0
