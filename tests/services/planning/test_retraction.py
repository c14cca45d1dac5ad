"""What is retracted leaves no trace in what others are told."""

from datetime import UTC, datetime
from typing import Any

import pytest
from newsroom import Newsroom

from digest.models import Scenario
from digest.models.content import EditionContent
from digest.services.app import App

STORY = {"title": "War in the Gulf"}


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


def news(room: Newsroom, id: str, horizon: str | None = None, **fields: Any) -> None:
    said = {"kind": "risk", "text": "A war.", "scenario": "war", "horizon": horizon}
    scenarios = [said] if horizon else []
    room.news(id, **({"story": STORY, "severity": 3, "scenarios": scenarios} | fields))
    room.alert()
    room.later(hours=1)


def retract(room: Newsroom, id: str, horizon: str | None = None) -> None:
    news(room, id, horizon, retraction={"reason": "It was invented."})


def scenario(room: Newsroom) -> Scenario:
    (found,) = room.rows(Scenario)
    assert isinstance(found, Scenario)
    return found


async def digest(room: Newsroom) -> EditionContent:
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    room.publish()
    await room.drain()
    return room.sent[-1].content


def test_a_scenario_returns_to_what_the_other_events_say(room: Newsroom) -> None:
    news(room, "true", "long")
    before = scenario(room)
    news(room, "invented", "immediate")
    assert scenario(room).state == "raised"
    retract(room, "invented", "immediate")
    after = scenario(room)
    for name in ("state", "horizon", "first_at", "moved_at", "expires_at"):
        assert getattr(after, name) == getattr(before, name)
    news(room, "another", "short")
    assert (scenario(room).state, scenario(room).horizon) == ("raised", "short")


def test_one_that_nobody_else_asserted_is_withdrawn_and_may_begin_anew(room: Newsroom) -> None:
    news(room, "invented", "immediate")
    retract(room, "invented", "immediate")
    assert scenario(room).state == "withdrawn"
    news(room, "true", "long")
    assert scenario(room).state == "new"


def test_what_had_ended_before_stays_ended(room: Newsroom) -> None:
    over = {"kind": "risk", "text": "A war.", "scenario": "war", "state": "materialised"}
    news(room, "true", "long", scenarios=[over])
    news(room, "invented", "short")
    assert scenario(room).state == "new"
    retract(room, "invented", "short")
    assert scenario(room).state == "materialised"


async def test_the_digest_shows_neither_its_link_nor_its_scenario(room: Newsroom) -> None:
    maria = room.reader()
    news(room, "true", "long", links=[{"direction": "cause", "title": "X", "event": "invented"}])
    room.follow_story(maria, "war-in-the-gulf")
    news(room, "invented", "immediate")
    retract(room, "invented", "immediate")
    content = await digest(room)
    assert [one.chain for one in content.items] == [None]
    assert [(one.rule, one.count) for one in content.left_out] == [("retracted", 1)]
    assert content.watch == (), "the one that is left stands in its item"
