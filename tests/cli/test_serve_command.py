"""`digest serve` on a real port: pages, one-click unsubscribe, and a quick, clean end."""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from shell import PROGRAM, Providers, Shell, record

from digest.standins.server import free_port

START = 20.0  # seconds until it answers
ALERT = 15.0  # seconds until what was imported is in the inbox
DRAIN = 10.0  # seconds from SIGTERM to its end
READER = """
subscribers:
  - key: amira
    name: Amira Haddad
    follows: [Iran]
    destinations: [{email: amira@example.org}]
"""


@contextmanager
def serving(shell: Shell, port: int) -> Iterator[subprocess.Popen[str]]:
    """`digest serve` until the block ends; it answers when the block begins."""
    process = subprocess.Popen(
        [PROGRAM, "serve"],
        cwd=shell.folder,
        env=shell.environment(DIGEST_WEB_PORT=str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + START
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=2)
                break
            except httpx.TransportError:
                assert process.poll() is None, process.communicate()[1]
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


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
