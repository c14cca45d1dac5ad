"""kill -9 at any moment: nothing is missing, and what may have come twice says so.

`./run bench kills` kills twenty times, and planners, the clock and PostgreSQL as well.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from builders import make_alert, make_item
from newsroom import Newsroom
from sqlalchemy import select

from digest import clock
from digest.models import Delivery, Destination, Event
from digest.models.words import Cadence
from digest.models.words import DeliveryState as State
from digest.services.app import App
from digest.standins.server import free_port
from digest.standins.smtp import Faults, MailServer

MESSAGES = 200
KILLS = 8
IN_FLIGHT = 16  # of a sender: twice its 8 connections
SENDER = Path(__file__).with_name("sending_process.py")


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both, now=clock.now())


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with MailServer(faults=Faults(delay=0.02)) as server:
        yield server


@dataclass
class Senders:
    """The process that forks senders."""

    process: subprocess.Popen[str]

    def ready(self) -> int:
        return self._said("ready")

    def start(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self._said("started")

    def wait(self) -> int:
        return self._said("ended")

    def _said(self, word: str) -> int:
        assert self.process.stdout is not None
        said, _, pid = self.process.stdout.readline().strip().partition(" ")
        assert said == word
        return int(pid)


@contextmanager
def senders(room: Newsroom, mail: MailServer) -> Iterator[Senders]:
    command = [sys.executable, str(SENDER), room.app.settings.database_url, mail.url]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        found = Senders(process)
        found.ready()
        yield found
        assert process.stdin is not None
        process.stdin.close()


@dataclass
class Alert:
    """One alert about a stored Event."""

    room: Newsroom

    def __post_init__(self) -> None:
        self.room.news()
        (event,) = self.room.rows(Event)
        self.content = make_alert(1, items=(make_item(1, event_id=event.id, revision=1),))
        # Nothing else is planned for its readers.
        self.reader = self.room.reader(follows=[], cadence=Cadence.NONE)

    def deliver(self, count: int) -> list[int]:
        """Its Deliveries to as many mailboxes more."""
        return self.room.deliveries_to_come(
            self.reader, count, content=self.content, at="@example.org"
        )


def received(mail: MailServer) -> Counter[str]:
    """How often each recipient's message was taken."""
    return Counter(one.recipients[0] for one in mail.mails)


def in_state(room: Newsroom, state: str) -> list[int]:
    return [row.id for row in room.rows(Delivery, Delivery.state == state)]


def test_kills_lose_nothing_and_double_only_what_was_under_way(
    room: Newsroom, mail: MailServer
) -> None:
    dice = random.Random(20)
    alert = Alert(room)
    alert.deliver(1)
    under_way: list[int] = []
    with senders(room, mail) as sending:
        ids = alert.deliver(MESSAGES)
        for _ in range(KILLS):
            before = len(mail.mails)
            pid = sending.start()
            deadline = time.monotonic() + 30
            wanted = before + dice.randrange(12)
            while len(mail.mails) <= wanted and time.monotonic() < deadline:
                time.sleep(0.002)
            time.sleep(dice.uniform(0, 0.05))
            os.kill(pid, signal.SIGKILL)
            sending.wait()
            under_way.append(len(in_state(room, State.SENDING)))
        killed_at = len(mail.mails)
        sending.start()
        sending.wait()

    assert killed_at < MESSAGES, "the kills came before all was sent"
    taken = received(mail)
    addresses = address_by_id(room)
    missing = [one for one in ids if not taken[addresses[one]]]
    twice = [one for one in ids if taken[addresses[one]] > 1]
    copies = sum(taken.values()) - len(taken)
    rows = {row.id: row for row in room.rows(Delivery)}
    sys.stdout.write(f"{under_way=} {len(missing)=} {len(twice)=} {copies=}\n")
    assert missing == []
    assert max(under_way) <= IN_FLIGHT
    assert copies <= sum(under_way)
    assert all(rows[one].state == State.UNKNOWN for one in twice)
    assert {rows[one].reason for one in twice} <= {"may_be_twice"}
    assert Counter(row.state for row in rows.values()).keys() <= {State.SENT, State.UNKNOWN}
    for one in twice:
        assert (
            len({m.message["Message-ID"] for m in mail.mails if m.recipients[0] == addresses[one]})
            == 1
        )


def address_by_id(room: Newsroom) -> dict[int, str]:
    with room.app.db.read() as session:
        found = session.execute(
            select(Delivery.id, Destination.address).join(
                Destination, Destination.id == Delivery.destination_id
            )
        )
        return {delivery_id: address for delivery_id, address in found}


@contextmanager
def serving(room: Newsroom, mail: MailServer, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`digest serve`, as an admin starts it."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {
        "DIGEST_DATABASE_URL": room.app.settings.database_url,
        "DIGEST_SMTP_URL": mail.url,
        "DIGEST_WEB_PORT": str(free_port(0)),
        "DIGEST_SECRET_KEY": "for-tests-only",
    }
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("digest")), "serve"],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(what: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


def test_serve_drains_when_asked_to_end_and_goes_on_after_a_restart(
    room: Newsroom, mail: MailServer, tmp_path: Path
) -> None:
    Alert(room).deliver(400)
    with serving(room, mail, tmp_path) as process:
        wait_for(lambda: len(mail.mails) > 20, 40)
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0, (tmp_path / "log").read_text()
    sent = len(in_state(room, State.SENT))
    assert sent == len(mail.mails) < 400
    assert in_state(room, State.SENDING) == []
    free = room.rows(Delivery, Delivery.state == State.PENDING)
    assert {row.lease_until for row in free} == {None}

    with serving(room, mail, tmp_path) as process:
        wait_for(lambda: len(mail.mails) > sent + 20, 40)
        process.kill()
        process.wait()
    held = len(in_state(room, State.SENDING))
    assert held <= IN_FLIGHT
    leased = room.rows(Delivery, Delivery.lease_until > clock.now() + timedelta(seconds=60))
    assert leased, "whoever starts now must not wait for these leases"

    with serving(room, mail, tmp_path):
        before = len(mail.mails)
        log = tmp_path / "log"
        serves = log.read_text().count("Serving")
        wait_for(lambda: log.read_text().count("Serving") > serves, 40)
        wait_for(lambda: len(mail.mails) > before, 30)  # half as long as these leases
        wait_for(lambda: len(received(mail)) == 400, 40)
        wait_for(lambda: not in_state(room, State.SENDING) + in_state(room, State.PENDING), 40)
    assert len(in_state(room, State.UNKNOWN)) <= held
    assert sum(received(mail).values()) - 400 <= held
