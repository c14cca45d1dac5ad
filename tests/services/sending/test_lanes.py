"""Lanes: which message of a worker goes before which."""

import asyncio

import pytest
from newsroom import Newsroom, Sending

from digest.engine import urgent
from digest.engine.urgent import Urgent
from digest.models.words import DeliveryState, EditionKind
from digest.services.app import App
from digest.services.sending.deliver import Deliverer

DIGEST, ALERT = EditionKind.DIGEST, EditionKind.ALERT


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both)


async def test_digests_let_the_alerts_of_their_channel_pass(room: Newsroom) -> None:
    maria = room.reader()
    room.deliveries_to_come(maria, 40, DIGEST)
    room.deliveries_to_come(maria, 40, DIGEST, "telegram")
    room.deliveries_to_come(maria, 20)

    async def take_time(_: Sending) -> None:
        await asyncio.sleep(0.01)

    room.email.on_send = room.telegram.on_send = take_time
    await room.drain()
    kinds = [one.content.kind for one in room.email.sent]
    meanwhile = kinds[kinds.index(ALERT) : 60 - kinds[::-1].index(ALERT)]
    assert meanwhile.count(ALERT) == 20
    assert meanwhile.count(DIGEST) <= room.email.limits.concurrency, "those that had begun"
    assert set(room.states()) == {DeliveryState.SENT}


async def test_digests_let_alerts_pass_that_are_decided_about(room: Newsroom) -> None:
    room.deliveries_to_come(room.reader(), 8, DIGEST)
    deciding = Urgent()
    with deciding.going_first():
        sending = asyncio.create_task(Deliverer(room.app, room.clock, first=deciding).drain())
        await asyncio.sleep(0.1)
        assert room.email.sent == []
    await asyncio.wait_for(sending, 10)
    assert len(room.email.sent) == 8


async def test_digests_do_not_wait_for_ever(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(urgent, "PASSING", 0.01)
    room.deliveries_to_come(room.reader(), 8, DIGEST)
    deciding = Urgent()
    with deciding.going_first():
        await asyncio.wait_for(Deliverer(room.app, room.clock, first=deciding).drain(), 10)
    assert len(room.email.sent) == 8
