"""The dossier of an Event, of which a Revision can no longer be read."""

import pytest
from newsroom import Newsroom

from digest.errors import NotFound
from digest.models import Event
from digest.services.app import App
from digest.services.news.dossier import Dossier, dossier


@pytest.fixture
def room(app: App) -> Newsroom:
    room = Newsroom(app)
    for headline in ("First", "Second", "Third"):
        room.news("a", headline=headline)
    return room


def opened(room: Newsroom) -> Dossier:
    (event,) = room.rows(Event)
    with room.app.db.read() as session:
        return dossier(session, event.slug, room.now)


def test_an_older_revision_that_cannot_be_read_is_passed_over(room: Newsroom) -> None:
    room.spoil(1, 2)
    found = opened(room)
    assert found.record.headline == "Third"
    assert [one.number for one in found.steps] == [3, 1]
    assert [(one.field, one.was, one.now) for one in found.steps[0].changes] == [
        ("headline", "First", "Third")
    ]


def test_without_its_newest_revision_it_is_not_found(room: Newsroom) -> None:
    room.spoil(1, 3)
    with pytest.raises(NotFound):
        opened(room)
