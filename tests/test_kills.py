"""kill -9 of PostgreSQL, while two workers send an alert.

`./run bench kills` kills senders, planners and the clock as well, twenty times each, among two and
four workers; for senders see also services/sending/test_kill.py.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import kills
from databases import NoServer, Server, running_server

MESSAGES = 150
SPAN = 1.5  # seconds within which something is killed

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(400)]


@pytest.fixture
def server() -> Iterator[Server]:
    """One that keeps what it has committed, also when it is killed."""
    try:
        with running_server(synchronous_commit="on") as server:
            yield server
    except NoServer as error:
        pytest.skip(f"no PostgreSQL: {error}")


def test_a_crash_of_postgresql_loses_nothing_and_doubles_nothing_unmarked(
    server: Server, tmp_path: Path
) -> None:
    dice = random.Random(3)
    with kills.cell(server, tmp_path, "postgres", 2, messages=MESSAGES, seed=3) as cell:
        cell.start()
        for cell.number in range(2):  # one of its sessions, which ends all others; the whole server
            found = cell.moment(dice.uniform(0, SPAN))
            assert found.missing == 0
            assert found.twice <= found.in_flight
            assert found.unmarked == 0
