"""Until when a message waits: said of one Event, of each Delivery and of all together."""

from datetime import time
from typing import Any

import pytest
from newsroom import Newsroom

from digest.services.admin import ledger
from digest.services.admin.explain import why
from digest.services.admin.status import status
from digest.services.app import App

SEVEN, MIDNIGHT = "2026-03-06T19:00:00+00:00", "2026-03-06T00:00:00+00:00"


@pytest.fixture
def room(app_on_sqlite: App) -> Newsroom:
    return Newsroom(app_on_sqlite)


def deliveries(room: Newsroom) -> list[dict[str, Any]]:
    with room.app.db.read() as session:
        return ledger.rows(session)


async def test_a_digest_that_waits_for_the_end_of_quiet_hours(room: Newsroom) -> None:
    room.reader(quiet_from=time(8), quiet_to=time(19), kinds=["digest"])
    room.publish()
    now = room.later(days=1)
    room.news("a", severity=3)
    room.publish()
    (row,) = deliveries(room)
    assert (row["state"], row["waits_until"]) == ("pending", SEVEN)
    assert why(room.app, "maria", "a", now)["waits_until"] == SEVEN
    assert status(room.app, now)["deliveries_wait_until"] == {"email": {"pending": SEVEN}}
    room.later(hours=8)
    await room.drain()
    (row,) = deliveries(room)
    assert (row["state"], row["waits_until"]) == ("sent", None)
    assert why(room.app, "maria", "a", room.now)["waits_until"] is None
    assert status(room.app, room.now)["deliveries_wait_until"] == {}


def test_an_alert_that_is_held(room: Newsroom) -> None:
    room.reader(quiet_from=time(11), quiet_to=time(0))
    room.news("a", severity=5)
    room.alert()
    answer = why(room.app, "maria", "a", room.now)
    assert [one["waits_until"] for one in answer["decisions"]] == [MIDNIGHT]
    assert answer["waits_until"] == MIDNIGHT
    found = status(room.app, room.now)
    assert (found["alerts_held"], found["alerts_held_until"]) == (1, MIDNIGHT)
