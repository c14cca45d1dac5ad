"""What an Event says could happen next, and what has become of it."""

from typing import Any

import pytest
from newsroom import Newsroom

from digest.models import Event, Revision
from digest.models.record import EventRecord
from digest.services.app import App
from digest.services.news.outlooks import Outlook, outlooks


@pytest.fixture
def room(app: App) -> Newsroom:
    return Newsroom(app)


def news(room: Newsroom, id: str, state: str | None = None, **fields: Any) -> None:
    said = {"kind": "risk", "text": "Pumps stop.", "scenario": "pumps"}
    said |= {"state": state, "horizon": fields.pop("horizon", "short")}
    room.news(id, story={"title": "Pipelines"}, scenarios=[said], **fields)
    room.later(hours=1)


def outlook(room: Newsroom, id: str) -> Outlook:
    """The only one of the newest Revision of this Event."""
    (event,) = room.rows(Event, Event.external_id == id)
    newest = room.rows(Revision, Revision.event_id == event.id)[-1]
    record = EventRecord.model_validate(newest.record)
    with room.app.db.read() as session:
        (found,) = outlooks(session, event.id, newest.number, record, room.now)
    return found


def test_the_event_that_ended_it_is_named_but_not_by_itself(room: Newsroom) -> None:
    news(room, "first")
    assert outlook(room, "first").ended is None
    news(room, "second", "materialised")
    (second,) = room.rows(Event, Event.external_id == "second")
    assert (outlook(room, "first").ended, outlook(room, "first").by) == (
        "materialised",
        second.slug,
    )
    assert (outlook(room, "second").ended, outlook(room, "second").by) == ("materialised", None)


def test_what_is_asserted_anew_is_open_again_but_for_the_event_that_had_ended_it(
    room: Newsroom,
) -> None:
    for id, state in (("first", None), ("second", "contradicted"), ("third", None)):
        news(room, id, state)
    ended = [outlook(room, id).ended for id in ("first", "second", "third")]
    assert ended == [None, "contradicted", None]


def test_what_nobody_asserts_any_more_is_withdrawn(room: Newsroom) -> None:
    news(room, "first")
    news(room, "first", retraction={"reason": "An error."})
    assert outlook(room, "first").ended == "withdrawn"


def test_what_it_did_is_measured_against_what_held_before_its_hour(room: Newsroom) -> None:
    news(room, "first", horizon="medium")
    at = room.now
    news(room, "second", horizon="immediate", visible_at=at)
    news(room, "third", horizon="short", visible_at=at)
    assert [outlook(room, id).moved for id in ("second", "third")] == ["sooner", "sooner"]
