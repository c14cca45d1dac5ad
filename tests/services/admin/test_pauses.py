"""A pause that has ended is no pause, whatever the row says."""

import pytest
from newsroom import Newsroom

from digest.services.admin.explain import why
from digest.services.admin.status import status
from digest.services.app import App
from digest.services.reader import preferences
from digest.services.visible import make_visible


@pytest.fixture
def room(app_on_sqlite: App) -> Newsroom:
    return Newsroom(app_on_sqlite)


def test_who_has_paused_is_told_nothing_until_the_pause_ends(room: Newsroom) -> None:
    maria = room.reader(kinds=("digest",))
    room.reader("tom")
    preferences.pause(room.app.db, maria, 1, room.now)
    room.news("a")
    with room.app.db.begin() as session:
        make_visible(session, room.now)
    assert why(room.app, "maria", "a", room.now)["rule"] == "paused"
    assert status(room.app, room.now)["subscribers"] == 1
    room.later(days=2)
    answer = why(room.app, "maria", "a", room.now)
    assert (answer["rule"], answer["reasons"][0]["follow"]) == ("not_planned", "Iran")
    assert status(room.app, room.now)["subscribers"] == 2


def test_who_has_left_is_neither_counted_nor_told(room: Newsroom) -> None:
    maria = room.reader()
    room.news("a")
    preferences.unsubscribe(room.app.db, maria, room.now)
    assert why(room.app, "maria", "a", room.now)["rule"] == "left"
    assert status(room.app, room.now)["subscribers"] == 0
