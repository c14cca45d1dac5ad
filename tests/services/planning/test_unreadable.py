"""A Revision that this release cannot read keeps nothing from anybody."""

from datetime import UTC, datetime

import pytest
from newsroom import NIGHT, Newsroom, codes, correct, tell

from digest.models import Event, Revision
from digest.models.words import Code, Outcome
from digest.services.app import App


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


def spoil(room: Newsroom, slug: str, revision: int = 1) -> None:
    """This Revision was written by a release that took what this one refuses."""
    event = next(one for one in room.rows(Event) if one.external_id == slug)
    with room.app.db.begin() as session:
        row = session.query(Revision).filter_by(event_id=event.id, number=revision).one()
        row.record = row.record | {"sources": [{"publisher": "x" * 3000}]}


def test_a_revision_that_cannot_be_read_keeps_nothing_from_anybody(room: Newsroom) -> None:
    room.reader()
    room.reader("tom", kinds=["digest"])
    room.news("bad")
    room.news("good")
    spoil(room, "bad")
    assert room.alert() == {Outcome.EDITION: 1, Outcome.DIGEST: 1}
    assert room.alert() == {}
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    assert room.publish() == {Outcome.EDITION: 2}


async def test_what_is_held_and_cannot_be_read_waits_until_it_can(room: Newsroom) -> None:
    room.reader(**NIGHT)
    room.now = datetime(2026, 3, 6, 3, tzinfo=UTC)
    for id in ("bad", "good"):
        room.news(id)
    room.alert()
    (kept,) = [one.record for one in room.rows(Revision) if one.record["id"] == "bad"]
    spoil(room, "bad")
    room.now = datetime(2026, 3, 6, 7, tzinfo=UTC)
    assert room.release() == {Outcome.EDITION: 1, Outcome.HELD: 1}
    with room.app.db.begin() as session:
        row = next(one for one in session.query(Revision) if one.record["id"] == "bad")
        row.record = kept
    room.later(hours=1)
    assert room.release() == {Outcome.EDITION: 1}


async def test_an_error_that_cannot_be_read_any_more_is_put_right(room: Newsroom) -> None:
    room.reader()
    room.news()
    await tell(room)
    spoil(room, "pilots")
    await correct(room)
    assert codes(room) == [Code.CORRECT]
