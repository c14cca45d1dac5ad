"""`digest serve` on a real port: pages, one-click unsubscribe, and a quick, clean end."""

import json
import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from databases import Server
from shell import PROGRAM, Providers, Shell, record

from digest.standins.server import free_port
from digest.standins.smtp import Faults, MailServer

START = 100.0  # seconds until it answers, on a machine with much else to do
ALERT = 15.0  # seconds until what was imported is in the inbox
AWAY = 2.5  # seconds without a database
DRAIN = 10.0  # seconds from SIGTERM to its end
pytestmark = pytest.mark.timeout(300)
READER = """
subscribers:
  - key: amira
    name: Amira Haddad
    follows: [Iran]
    destinations: [{email: amira@example.org}]
"""


@contextmanager
def serving(shell: Shell, port: int, **env: str) -> Iterator[subprocess.Popen[str]]:
    """`digest serve` until the block ends; it answers when the block begins. Its log is in a file,
    see `log_of`."""
    with (shell.folder / "log").open("w") as log:
        process = subprocess.Popen(
            [PROGRAM, "serve"],
            cwd=shell.folder,
            env=shell.environment(DIGEST_WEB_PORT=str(port), DIGEST_LOG_FORMAT="json", **env),
            stdout=subprocess.DEVNULL,
            stderr=log,
            text=True,
        )
    try:
        deadline = time.monotonic() + START
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2)
                break
            except httpx.TransportError:
                assert process.poll() is None, (shell.folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def log_of(shell: Shell) -> list[dict[str, Any]]:
    """The lines of the log; each must be JSON."""
    return [json.loads(line) for line in (shell.folder / "log").read_text().splitlines()]


def wait_for(what: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_serve_alerts_unsubscribes_with_one_click_and_ends(
    shell: Shell, providers: Providers
) -> None:
    port = free_port(0)
    here = f"http://127.0.0.1:{port}"
    shell.env.update(providers.env, DIGEST_BASE_URL=here)
    shell.write("subscribers/one.yaml", READER)
    assert shell("subscribers", "sync").code == 0
    breaking = record("strike", "Drones from Iran hit a port", severity=5, breaking=True)
    with serving(shell, port) as process:
        assert httpx.get(f"{here}/readyz").status_code == 200
        assert "another `digest serve` runs" in shell("serve").fault

        assert shell("import", shell.write_json("breaking.json", breaking)).code == 0
        assert wait_for(lambda: bool(providers.mail.mails), ALERT)
        mail = providers.mail.mails[0].message
        assert "Drones from Iran" in mail["Subject"]

        [link] = re.findall(r"<(http[^>]+)>", mail["List-Unsubscribe"])
        assert httpx.get(link).status_code == 200
        assert state(shell) == "active"  # to look is not to leave
        left = httpx.post(link, data={"List-Unsubscribe": "One-Click"})
        assert left.status_code == 200
        assert state(shell) == "left"

        process.send_signal(signal.SIGTERM)
        assert process.wait(DRAIN) == 0
    log = log_of(shell)
    assert [log[0]["event"], log[-1]["event"]] == ["started", "stopped"]
    assert log[0]["channels"] == "email, slack, telegram"
    [alerts] = [line for line in log if line["event"] == "alerts planned"]
    assert alerts["edition"] == 1
    sent = [line for line in log if line["event"] == "deliveries"]
    assert [(line["channel"], line["kind"], line["sent"]) for line in sent] == [
        ("email", "alert", 1)
    ]
    assert "@" not in json.dumps(log)
    again = shell("subscribers", "sync")
    assert "! subscriber amira: unsubscribed" in again.said


def state(shell: Shell) -> str:
    [reader] = shell("subscribers", "list", "--json").data
    return str(reader["state"])


def test_a_port_in_use_is_named(shell: Shell) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        fault = shell("serve", DIGEST_WEB_PORT=str(port)).fault
    assert f"port {port} of 127.0.0.1 is in use" in fault
    assert "DIGEST_WEB_PORT" in fault


@pytest.mark.postgres
def test_a_database_that_goes_away_is_said_once_and_waited_for(
    own_postgres_server: Server, providers: Providers, tmp_path: Path
) -> None:
    shell, port = Shell(tmp_path, dict(providers.env)), free_port(0)
    with own_postgres_server.database() as url:
        shell.env["DIGEST_DATABASE_URL"] = url
        assert shell("init").code == 0
        with serving(shell, port):
            before = len(log_of(shell))
            own_postgres_server.stop()
            deadline = time.monotonic() + AWAY
            while time.monotonic() < deadline:
                page = httpx.get(f"http://127.0.0.1:{port}/e/some-event", timeout=5)
                ready = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5)
                time.sleep(0.2)
            assert (page.status_code, ready.status_code) == (503, 503)
            assert "Back in a moment" in page.text
            assert int(page.headers["retry-after"]) > 0
            [away] = log_of(shell)[before:]
            assert "does not answer" in away["event"]
            assert "looked for in 1 s" in away["event"]

            own_postgres_server.start()
            assert wait_for(lambda: len(log_of(shell)) > before + 1, START)
            ready_at = f"http://127.0.0.1:{port}/readyz"  # as soon as the clock leads again
            assert wait_for(lambda: httpx.get(ready_at, timeout=5).status_code == 200, START)
            time.sleep(AWAY)  # every job and lane has had its turn
            [_, back] = log_of(shell)[before:]
            assert "the database is back after" in back["event"]


def test_ends_in_time_while_the_relay_says_nothing(shell: Shell) -> None:
    """What was handed over and never answered is not waited for longer than there is time."""
    port = free_port(0)
    reader = READER.replace("amira", "silent")
    with MailServer(faults=Faults(silent=True)) as mail:
        env = {
            "DIGEST_SMTP_URL": mail.url,
            "DIGEST_MAIL_FROM": "Digest <digest@example.org>",
            "DIGEST_BASE_URL": f"http://127.0.0.1:{port}",
        }
        shell.write("subscribers/two.yaml", reader)
        assert shell("subscribers", "sync").code == 0
        with serving(shell, port, **env) as process:
            news = record("quiet", "Iran shuts a quiet port", severity=5, breaking=True)
            assert shell("import", shell.write_json("quiet.json", news)).code == 0
            assert wait_for(lambda: bool(mail.mails), ALERT)
            process.send_signal(signal.SIGTERM)
            process.wait(DRAIN)


def test_gives_back_at_its_end_what_waits_for_a_relay_that_does_not_greet(tmp_path: Path) -> None:
    """Nothing was handed over: it surely didn't arrive, and is no attempt."""
    shell, port = Shell(tmp_path), free_port(0)  # where nobody else is still owed a mail
    assert shell("init").code == 0

    def delivery() -> dict[str, Any]:
        (one,) = json.loads(shell("deliveries", "--json").said)
        return dict(one)

    with socket.create_server(("127.0.0.1", 0)) as mute:
        env = {
            "DIGEST_SMTP_URL": f"smtp://127.0.0.1:{mute.getsockname()[1]}?starttls=never",
            "DIGEST_MAIL_FROM": "Digest <digest@example.org>",
            "DIGEST_BASE_URL": f"http://127.0.0.1:{port}",
        }
        shell.write("subscribers/one.yaml", READER)
        assert shell("subscribers", "sync").code == 0
        with serving(shell, port, **env) as process:
            news = record("mute", "Iran shuts a mute port", severity=5, breaking=True)
            assert shell("import", shell.write_json("mute.json", news)).code == 0
            mute.settimeout(ALERT)
            with mute.accept()[0]:
                assert wait_for(lambda: delivery()["state"] == "sending", ALERT)
                process.send_signal(signal.SIGTERM)
                assert process.wait(DRAIN) == 0
    left = delivery()
    assert (left["state"], left["reason"], left["attempts"]) == ("retry", "worker_stopped", 0)
