"""The clock and its tasks: what is due is planned soon, whatever befell the database or a clock."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from databases import BOTH
from newsroom import Newsroom, until

from digest import bootstrap, clock, scheduler
from digest.engine.base import PLANS
from digest.errors import DatabaseAway
from digest.models.words import EditionKind
from digest.process import Service
from digest.services import tasks
from digest.services.app import App
from digest.services.planning import publish
from digest.services.planning.publish import Shard
from digest.services.sending import outage

SECONDS = 60.0  # a busy machine takes its time


@pytest.fixture
def room(app_on_both: App) -> Newsroom:
    return Newsroom(app_on_both, now=clock.now())


@asynccontextmanager
async def serving(room: Newsroom, **parts: Any) -> AsyncIterator[None]:
    service = Service(room.app, room.clock, **parts)
    running = asyncio.create_task(service.run())
    try:
        yield
    finally:
        service.stop()
        await asyncio.wait_for(running, SECONDS)


async def test_a_turn_that_met_an_outage_is_made_up_for_when_it_is_over(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "PLAN_SECONDS", 10 * SECONDS)  # its next turn is far away
    monkeypatch.setattr(outage, "FIRST_WAIT", 0.05)
    divide, fails = publish.shards, [DatabaseAway("all connections are busy")]

    def once(*given: Any) -> Any:
        if fails:
            raise fails.pop()
        return divide(*given)

    monkeypatch.setattr(publish, "shards", once)
    room.reader(at=room.now.time())
    async with serving(room):
        await until(lambda: room.slots(kind=EditionKind.DIGEST))


@pytest.mark.parametrize("app_on_both", BOTH[1:], indirect=True)  # elsewhere tasks end with a clock
async def test_a_task_of_a_dead_clock_is_also_for_who_has_become_due_since(room: Newsroom) -> None:
    """While it waits it keeps others from being put, and nobody knows for how long that was."""
    room.app.queue = bootstrap.queue(room.app.db)
    room.reader(at=room.now.time())
    put_at = room.now - timedelta(minutes=1)
    await room.app.queue.offer(tasks.plan(Shard().as_json(), put_at))
    async with serving(room, leads=False, queues=(PLANS,)):
        await until(lambda: room.slots(kind=EditionKind.DIGEST))
