"""How long what was sent took, by the ledger."""

from datetime import timedelta

from newsroom import Newsroom

from digest.services.admin.status import status
from digest.services.app import App


async def test_alerts_from_being_visible_and_digests_from_their_hour(app_on_both: App) -> None:
    room = Newsroom(app_on_both)
    room.reader()
    room.publish()  # says when the next digest is due
    room.later(hours=18, minutes=59, seconds=58)
    room.news(breaking=True, severity=5)
    room.later(seconds=1)
    room.alert()
    await room.drain()
    room.news("other")
    room.later(seconds=4)
    room.publish()
    await room.drain()
    found = status(room.app, room.now)["latency_last_hour"]
    assert found == {
        "alert": {"count": 1, "p50": 1.0, "p95": 1.0},
        "digest": {"count": 1, "p50": 3.0, "p95": 3.0},
    }
    assert status(room.app, room.now + timedelta(hours=2))["latency_last_hour"] == {}


def test_what_waits_has_an_age(app_on_sqlite: App) -> None:
    room = Newsroom(app_on_sqlite)
    room.deliveries_to_come(room.reader(), 2)
    room.later(minutes=3)
    [lane] = [one for one in status(room.app, room.now)["lanes"] if one["waiting"]]
    assert lane == {"channel": "email", "lane": "alerts", "waiting": 2, "oldest_due_seconds": 180}
