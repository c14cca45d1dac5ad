"""Many processes on one PostgreSQL: two schedulers, three workers, and what befalls them."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from databases import Server, on
from factories import quick_database
from newsroom import Newsroom
from sqlalchemy import text

from digest import bootstrap, clock
from digest.models import Delivery
from digest.models.words import Cadence
from digest.models.words import DeliveryState as State
from digest.standins.smtp import Faults, MailServer

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

READERS = 400
DELAY = 0.05  # seconds that the mail server takes over a message
IN_FLIGHT = 16  # of a worker: twice its 8 connections
IN_TIME = 60.0  # a busy machine takes its time
DIGEST = str(Path(sys.executable).with_name("digest"))


@dataclass
class Cluster:
    """The processes of one installation, each a group of its own."""

    folder: Path
    url: str
    mail: MailServer
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *args: str) -> None:
        kept = {one: os.environ[one] for one in ("PATH", "HOME") if one in os.environ}
        settings = {
            "DIGEST_DATABASE_URL": self.url,
            "DIGEST_SMTP_URL": self.mail.url,
            "DIGEST_SECRET_KEY": "for-tests-only",
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [DIGEST, *args],
                cwd=self.folder,
                env=kept | settings,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def signal(self, name: str, number: signal.Signals) -> None:
        os.killpg(self.processes[name].pid, number)

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()

    def said(self) -> str:
        return "\n".join(one.read_text() for one in sorted(self.folder.glob("*.log")))


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer(faults=Faults(delay=DELAY)) as server:
        yield server


@pytest.fixture
def room(postgres_server: Server) -> Iterator[Newsroom]:
    with postgres_server.database() as url, on(url) as app:
        bootstrap.set_up(app)
        app.queue = bootstrap.queue(quick_database(url))
        yield Newsroom(app, now=clock.now())


@pytest.fixture
def cluster(room: Newsroom, mail: MailServer, tmp_path: Path) -> Iterator[Cluster]:
    found = Cluster(tmp_path, room.app.settings.database_url, mail)
    for number in (1, 2):
        found.start(f"scheduler-{number}", "scheduler")
    for number in (1, 2, 3):
        found.start(f"worker-{number}", "worker", "--queues", "alerts,digests")
    try:
        yield found
    finally:
        found.end()
        sys.stdout.write(found.said())


def wait_for(true: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + IN_TIME
    while not true():
        assert time.monotonic() < deadline, f"{what} did not come"
        time.sleep(0.02)


def ask(room: Newsroom, statement: str, **given: object) -> list[object]:
    with room.app.db.read() as session:
        return list(session.scalars(text(statement), given))


def workers(room: Newsroom) -> list[object]:
    return ask(room, "SELECT name FROM workers WHERE seen_at > now() - interval '5 s'")


def sending(room: Newsroom, pid: int) -> int:
    return len(
        ask(
            room,
            "SELECT id FROM deliveries WHERE state = 'sending' AND worker LIKE :who",
            who=f"%:{pid}:%",
        )
    )


def leader(room: Newsroom) -> int | None:
    """The number of the process that holds the clock's lock."""
    found = ask(
        room,
        "SELECT application_name FROM pg_stat_activity JOIN pg_locks USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND application_name LIKE 'digest scheduler %'",
    )
    assert len(found) <= 1, "one clock leads"
    return int(str(found[0]).rpartition(" ")[2]) if found else None


def received(mail: MailServer) -> Counter[str]:
    return Counter(one.recipients[0] for one in mail.mails)


def test_an_alert_reaches_all_once_though_a_worker_freezes_and_a_scheduler_is_killed(
    room: Newsroom, cluster: Cluster, mail: MailServer
) -> None:
    for number in range(READERS):
        room.reader(
            f"r{number}", cadence=Cadence.NONE, destinations={"email": f"r{number}@example.org"}
        )
    wait_for(lambda: len(workers(room)) == 3, "three workers")
    room.news("pilots", breaking=True, severity=5)
    wait_for(lambda: len(mail.mails) > 20, "the first mails")

    frozen = cluster.processes["worker-1"].pid
    cluster.signal("worker-1", signal.SIGSTOP)
    time.sleep(0.2)  # what it had handed to the database is written
    held = sending(room, frozen)
    assert held <= IN_FLIGHT

    wait_for(lambda: len(received(mail)) == READERS, "the mails that it held")
    wait_for(lambda: not sending(room, frozen), "the end of what it was sending")
    before = len(mail.mails)
    cluster.signal("worker-1", signal.SIGCONT)
    time.sleep(2)  # it wakes, and finds that others have done its work
    rows = room.rows(Delivery)
    twice = [address for address, count in received(mail).items() if count > 1]
    assert len(received(mail)) == READERS
    assert len(mail.mails) - before <= held, "what was on the wire when it froze, and no more"
    assert len(mail.mails) - READERS <= held
    assert Counter(row.state for row in rows)[State.UNKNOWN] >= len(twice)
    assert {row.state for row in rows} <= {State.SENT, State.UNKNOWN}

    # The scheduler that leads is killed; the other one follows at once.
    first = leader(room)
    (name,) = [name for name, one in cluster.processes.items() if one.pid == first]
    cluster.signal(name, signal.SIGKILL)
    killed = time.monotonic()
    wait_for(lambda: leader(room) not in (first, None), "another leader")
    assert time.monotonic() - killed < 2.0


async def test_an_old_worker_sends_on_when_a_release_adds_columns(room: Newsroom) -> None:
    """As docs/operations.md promises, "Upgrading while it runs": what is added has a default, and
    statements that the server has prepared go on."""
    reader = room.reader()

    async def sent(count: int) -> bool:
        ids = room.deliveries_to_come(reader, count)
        await room.drain()
        return {room.delivery(one).state for one in ids} == {State.SENT}

    for _ in range(8):  # psycopg prepares what it is asked for the sixth time
        assert await sent(2)
    with room.app.db.begin() as session:
        for table in ("deliveries", "destinations", "subscribers", "editions", "workers"):
            session.execute(text(f"ALTER TABLE {table} ADD COLUMN added text DEFAULT 'new'"))
    for _ in range(2):
        assert await sent(2)
