"""At one Destination messages about one Event go out in the order of its Revisions.

What is newer takes the place of what still waits there; what puts an error right follows the error.
"""

from typing import Any

import pytest
from newsroom import Newsroom, Sending

from digest.errors import RetryLater, Unanswered
from digest.models import Delivery
from digest.models.words import Code
from digest.models.words import DeliveryState as State
from digest.services.app import App
from digest.services.sending.deliver import sweep

WRONG, RIGHT = "Both pipelines are shut", "One pipeline is shut"
CORRECTION = {"wrong": "Both", "right": "One"}
BUSY = RetryLater("rate_limited", retry_after=900)


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


async def tell(room: Newsroom, **fields: Any) -> None:
    """All that is due is planned and sent, after the news if there is any."""
    if fields:
        room.news(**fields)
    room.alert()
    room.release()
    sweep(room.app, room.now)
    await room.drain()


def told(room: Newsroom, address: str) -> list[tuple[Code, str]]:
    """Every message that was handed over for this address, in order."""
    return [
        (one.content.code, one.content.items[0].headline)
        for one in room.sent
        if one.address == address
    ]


# What still waits ---------------------------------------------------------------------------


async def test_a_wrong_alert_that_nobody_answered_is_not_sent_again_once_it_is_known_to_be_wrong(
    room: Newsroom,
) -> None:
    room.reader(places={"telegram": "7"})
    room.telegram.script = [Unanswered("timed_out"), BUSY]
    await tell(room, headline=WRONG)
    room.forget_sent()
    room.later(minutes=1)
    await tell(room, headline=RIGHT, correction=CORRECTION)
    room.later(minutes=20)
    await tell(room)
    assert told(room, "7") == [(Code.CORRECT, RIGHT)]
    assert room.states() == [State.UNKNOWN, State.SENT], "perhaps it did arrive"


@pytest.mark.parametrize("failure", [RetryLater("busy"), Unanswered("timed_out")])
async def test_a_wrong_alert_that_fails_while_it_is_found_to_be_wrong_is_not_tried_again(
    room: Newsroom, failure: Exception
) -> None:
    room.reader(places={"telegram": "7"})
    room.news(headline=WRONG)
    room.alert()

    async def found_out(_: Sending) -> None:
        room.telegram.on_send = None
        room.news(headline=RIGHT, correction=CORRECTION)
        room.alert()
        raise failure

    room.telegram.on_send = found_out
    for _ in range(4):
        await tell(room)
        room.later(minutes=20)
    assert told(room, "7") == [(Code.NEW, WRONG), (Code.CORRECT, RIGHT)]
    assert not room.rows(Delivery, Delivery.not_before.is_not(None))
