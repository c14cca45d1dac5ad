"""What was put right since an Edition, of which a Revision can no longer be read."""

import pytest
from newsroom import Newsroom

from digest.models.content import EditionContent
from digest.services.app import App
from digest.services.reader.since import Righted, righted_since

FIRST, SECOND = ({"wrong": f"{n} ships.", "right": f"{n + 1} ships."} for n in (7, 8))


@pytest.fixture
def room(app: App) -> Newsroom:
    return Newsroom(app)


async def told(room: Newsroom) -> EditionContent:
    room.reader()
    room.news("a", headline="Seven ships")
    room.alert()
    await room.drain()
    room.later(minutes=10)
    return room.sent[0].content


def since(room: Newsroom, content: EditionContent) -> tuple[Righted, ...]:
    with room.app.db.read() as session:
        return righted_since(session, content, room.now)


@pytest.mark.parametrize("spoilt", [2, 4])
async def test_what_cannot_be_read_keeps_no_other_correction_from_the_page(
    room: Newsroom, spoilt: int
) -> None:
    content = await told(room)
    room.news("a", headline="Eight ships", correction=FIRST)
    room.news("a", headline="Nine ships", correction=SECOND)
    room.news("a", headline="Nine large ships", correction=SECOND)
    room.spoil(1, spoilt)
    (found,) = since(room, content)
    assert "9 ships." in found.right


async def test_where_nothing_else_came_since_there_is_nothing_to_say(room: Newsroom) -> None:
    content = await told(room)
    room.news("a", headline="Eight ships")
    room.spoil(1, 2)
    assert since(room, content) == ()
