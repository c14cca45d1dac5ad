"""What was put right since an Edition, of which a Revision can no longer be read."""

from datetime import timedelta

import pytest
from newsroom import NOON, Newsroom

from digest.models.content import EditionContent
from digest.services.app import App
from digest.services.since import Righted, righted_since

HOUR = timedelta(hours=1)
CORRECTION = {"wrong": "7 ships.", "right": "8 ships."}


@pytest.fixture
def room(app: App) -> Newsroom:
    return Newsroom(app)


async def told(room: Newsroom) -> EditionContent:
    room.now = NOON.replace(hour=7)
    room.reader(kinds=["digest"])
    for name in "ab":
        room.news(name, headline=f"Seven ships of {name}", visible_at=room.now - HOUR)
    room.publish()
    await room.drain()
    room.later(minutes=10)
    return room.sent[0].content


def since(room: Newsroom, content: EditionContent) -> tuple[Righted, ...]:
    with room.app.db.read() as session:
        return righted_since(session, content, room.now)


@pytest.mark.parametrize("spoilt", [2, 3])
async def test_what_cannot_be_read_keeps_no_other_correction_from_the_page(
    room: Newsroom, spoilt: int
) -> None:
    content = await told(room)
    for name in "ab":
        room.news(name, headline="Eight ships", correction=CORRECTION)
    room.news("a", headline="Eight large ships", correction=CORRECTION)
    room.spoil(1, spoilt)
    (found,) = since(room, content)
    assert found.right == ("8 ships.",)
    assert found.item.event_id == 2


async def test_where_nothing_else_came_since_there_is_nothing_to_say(room: Newsroom) -> None:
    content = await told(room)
    room.news("a", headline="Eight ships")
    room.spoil(1, 2)
    assert since(room, content) == ()
