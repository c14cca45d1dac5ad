"""A digest that is being sent when the next is due: nobody knows yet whether it arrives."""

from collections import Counter
from datetime import timedelta

import pytest
from newsroom import DAY, SEVEN, Newsroom, Sending

from digest.errors import DeliveryError, MessageRefused, RetryLater
from digest.models import Subscriber
from digest.models.words import Outcome
from digest.services.app import App

WAITS_LONG = RetryLater("not_connected", retry_after=23.5 * 3600)


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    room = Newsroom(app_on_both, now=SEVEN)
    room.reader(kinds=["digest"])
    room.news("old", severity=3, visible_at=SEVEN - timedelta(hours=2))
    return room


async def the_next_is_due_while_it_is_sent(
    room: Newsroom, ends: DeliveryError | None
) -> Counter[str]:
    """The first attempt was in vain; the second lasts from before the next hour until after it.
    Returns what was planned meanwhile."""
    room.publish()
    room.email.script = [WAITS_LONG]
    await room.drain()
    room.now = SEVEN + DAY - timedelta(minutes=1)
    room.news("new", severity=3)
    room.later(minutes=-10)
    meanwhile: list[Counter[str]] = []

    async def hour_comes(_: Sending) -> None:
        if not meanwhile:
            room.now = SEVEN + DAY
            meanwhile.append(room.publish())
            if ends is not None:
                raise ends

    room.email.on_send = hour_comes
    await room.drain()
    return meanwhile[0]


async def test_what_it_had_to_tell_is_in_the_next_if_it_fails(room: Newsroom) -> None:
    planned = await the_next_is_due_while_it_is_sent(room, MessageRefused("refused"))
    assert planned == {}, "the next waits until it is known"
    assert room.publish() == {Outcome.EDITION: 1}
    content = room.contents()[-1]
    assert sorted(item.headline for item in content.items) == ["Headline of new", "Headline of old"]
    assert content.catch_up


async def test_it_gives_way_to_the_next_if_it_is_to_be_tried_again(room: Newsroom) -> None:
    await the_next_is_due_while_it_is_sent(room, RetryLater("not_connected"))
    assert room.publish() == {Outcome.EDITION: 1}
    room.email.sent.clear()
    room.later(hours=2)
    await room.drain()
    (one,) = room.email.sent
    assert len(one.content.items) == 2


async def test_the_next_goes_on_from_it_if_it_arrives(room: Newsroom) -> None:
    await the_next_is_due_while_it_is_sent(room, None)
    assert room.publish() == {Outcome.EDITION: 1}
    assert [item.headline for item in room.contents()[-1].items] == ["Headline of new"]


async def test_others_are_planned_meanwhile(room: Newsroom) -> None:
    room.reader("amira", destinations={"telegram": "7"}, kinds=["digest"])
    planned = await the_next_is_due_while_it_is_sent(room, RetryLater("not_connected"))
    assert planned == {Outcome.EDITION: 1}
    due = {one.key: one.next_due_at for one in room.rows(Subscriber)}
    assert due == {"maria": SEVEN + DAY, "amira": SEVEN + 2 * DAY}
