"""What the demo says came of its messages."""

from collections import Counter
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from newsroom import NOON, Newsroom

from digest.demo.play import Programme, faults
from digest.errors import AddressRefused
from digest.services.app import App
from digest.services.run import Report

DAY = NOON.date()


def test_a_message_that_was_tried_twice_counts_once() -> None:
    first = Report(NOON, deliveries=Counter({("alert", "slack", "retry"): 1}))
    second = Report(NOON, deliveries=Counter({("alert", "slack", "sent"): 2}))
    found = Programme(date(2026, 3, 5), reports=[first, second]).deliveries
    assert found == {("alert", "slack", "sent"): 2}


@pytest.mark.parametrize("refused", [True, False])
async def test_what_did_not_arrive_is_named_with_its_reason(
    app_on_sqlite: App, refused: bool
) -> None:
    room = Newsroom(app_on_sqlite)
    room.deliveries_to_come(room.reader())
    if refused:
        room.email.script = [AddressRefused("mailbox_unknown", "no such user")]
    await room.drain()
    stage: Any = SimpleNamespace(app=room.app, messages=1)
    found = [one for one in faults(stage, Programme(DAY)) if "ended as" in one]
    told = "alert:1 over email ended as failed (mailbox_unknown: no such user)"
    assert found == ([told] if refused else [])
