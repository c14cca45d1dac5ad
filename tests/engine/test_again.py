"""Work that is done once at a time."""

import asyncio

import pytest

from digest.engine.again import Again


class Look:
    def __init__(self) -> None:
        self.times = 0
        self.go_on = asyncio.Event()

    async def __call__(self) -> None:
        self.times += 1
        await self.go_on.wait()


async def test_those_who_ask_meanwhile_share_one_more_turn() -> None:
    again, stop, look = Again(), asyncio.Event(), Look()
    first = asyncio.create_task(again.run(look, stop))
    await asyncio.sleep(0)
    for _ in range(3):
        await again.run(look, stop)
    assert look.times == 1
    look.go_on.set()
    await first
    assert look.times == 2


async def test_nothing_is_begun_after_the_end() -> None:
    again, stop, look = Again(), asyncio.Event(), Look()
    first = asyncio.create_task(again.run(look, stop))
    await asyncio.sleep(0)
    await again.run(look, stop)
    stop.set()
    look.go_on.set()
    await first
    assert look.times == 1


async def test_one_that_failed_is_done_when_it_is_asked_for_again() -> None:
    again, stop = Again(), asyncio.Event()

    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await again.run(fails, stop)
    look = Look()
    look.go_on.set()
    await again.run(look, stop)
    assert look.times == 1
