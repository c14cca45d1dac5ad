"""DIGEST_METRICS_PORT: a worker and a scheduler, which have no pages, tell how they are."""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from databases import Server
from shell import PROGRAM, Shell

from digest.standins.server import free_port

SECONDS = 60.0  # a busy machine takes its time
pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]


@contextmanager
def running(shell: Shell, command: str) -> Iterator[str]:
    """`digest worker` or `digest scheduler`; gives the address of what it tells."""
    port = free_port(0)
    process = subprocess.Popen(
        [PROGRAM, command],
        cwd=shell.folder,
        env=shell.environment(DIGEST_METRICS_PORT=str(port)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def until(address: str, said: str) -> str:
    """What is told there, once it says that."""
    deadline, found = time.monotonic() + SECONDS, ""
    while said not in found:
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
        try:
            found = httpx.get(address, timeout=10).text
        except httpx.TransportError as error:
            found = str(error)
    return found


def test_both_tell_of_themselves_and_of_each_other(postgres_server: Server, tmp_path: Path) -> None:
    with postgres_server.database() as url:
        shell = Shell(tmp_path, {"DIGEST_DATABASE_URL": url, "DIGEST_SECRET_KEY": "for-tests-only"})
        assert shell("init").code == 0
        with running(shell, "worker") as worker, running(shell, "scheduler") as scheduler:
            found = until(f"{worker}/metrics", 'digest_workers_alive{queue="alerts"} 1.0')
            assert "digest_complaint_ratio 0.0" in found
            until(f"{worker}/metrics", "digest_clock_leads 1.0")
            assert httpx.get(f"{worker}/healthz").text == "alive\n"
            assert httpx.get(f"{worker}/e/anything").status_code == 404, "it has no pages"
            until(f"{scheduler}/metrics", 'digest_workers_alive{queue="plans"} 1.0')
            lines = until(f"{scheduler}/readyz", "a clock leads").splitlines()
            assert all(json.loads(line)["ok"] for line in lines)
