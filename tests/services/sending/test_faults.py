"""Providers that fail at every fifth call: nothing is lost without a word, and nothing is doubled.

`./run bench faults` does the same at 5 % of the calls, for more messages.
"""

from pathlib import Path

import pytest
from bench.faults import measured

MESSAGES = 40
SHARE = 0.2

pytestmark = pytest.mark.timeout(240)


def test_each_message_arrives_once_or_the_ledger_says_that_nobody_knows(tmp_path: Path) -> None:
    told = measured(tmp_path / "faults.db", MESSAGES, SHARE, seed=7, patience=4.0)
    for name, found in told.items():
        assert found.faults > MESSAGES * SHARE / 2, name
        assert found.lost == 0, name
        assert found.unmarked == 0, name
    assert told["slack"].twice == 0, "it is asked before anything is posted again"
    assert told["email"].twice > 0, "so that a double could be found above"
