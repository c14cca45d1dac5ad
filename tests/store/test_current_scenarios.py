"""Scenarios that several writers move at once: none of them undoes what another one did."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event as Signal
from typing import Any

import pytest
from newsroom import NOON, Newsroom
from sqlalchemy import event, update

from digest.models import Scenario
from digest.services.app import App
from digest.store import scenarios

SECONDS = 10.0


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


def news(room: Newsroom, id: str, **fields: Any) -> None:
    said = {"kind": "risk", "text": "A war.", "horizon": "short", "scenario": "war"}
    room.news(id, story={"title": "The Gulf"}, scenarios=[said | fields])


def test_an_end_is_not_undone_by_who_read_the_scenario_before_it(room: Newsroom) -> None:
    news(room, "first")
    about_to_write, go_on = Signal(), Signal()

    def hold(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith("UPDATE scenarios") and not about_to_write.is_set():
            about_to_write.set()
            go_on.wait(SECONDS)

    event.listen(room.app.db.engine, "before_cursor_execute", hold)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(news, room, "slow")
        assert about_to_write.wait(SECONDS)
        end = pool.submit(news, room, "end", state="materialised")
        with suppress(TimeoutError):  # it may come to its end only after the slow one
            end.result(1)
        go_on.set()
        slow.result(SECONDS)
        end.result(SECONDS)
    assert [one.state for one in room.rows(Scenario)] == ["materialised"]


def test_what_is_being_written_does_not_run_out_meanwhile(app_on_both: App) -> None:
    room = Newsroom(app_on_both)
    if room.app.db.is_sqlite:
        pytest.skip("one writer at a time")
    news(room, "first")
    room.later(days=99)
    with room.app.db.begin() as writer:
        writer.execute(update(Scenario).values(expires_at=room.now))
        with room.app.db.begin() as session:
            assert scenarios.expire(session, room.now) == 0
        writer.execute(update(Scenario).values(expires_at=NOON))
    with room.app.db.begin() as session:
        assert scenarios.expire(session, room.now) == 1
