"""kill -9 of PostgreSQL, while two workers send an alert.

`./run bench kills` kills senders, planners and the clock as well, twenty times each, among two and
four workers; for senders see also services/sending/test_kill.py.
"""

import random
from pathlib import Path

import pytest
from bench import kills
from databases import Server

MESSAGES = 150
SPAN = 1.5  # seconds within which something is killed

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(400)]


def test_a_crash_of_postgresql_loses_nothing_and_doubles_nothing_unmarked(
    own_postgres_server: Server, tmp_path: Path
) -> None:
    dice = random.Random(3)
    with kills.cell(
        own_postgres_server, tmp_path, "postgres", 2, messages=MESSAGES, seed=3
    ) as cell:
        cell.start()
        for cell.number in range(2):  # one of its sessions, which ends all others; the whole server
            found = cell.moment(dice.uniform(0, SPAN))
            assert found.missing == 0
            assert found.twice <= found.in_flight
            assert found.unmarked == 0
