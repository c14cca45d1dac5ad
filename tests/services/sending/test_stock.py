"""The Stock of a lane."""

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from digest.services.sending.parcels import Parcel
from digest.services.sending.stock import Stock


class Shelf:
    """Hands out batches of numbers that stand for Parcels; an error is raised in its turn."""

    def __init__(self, *batches: Sequence[int] | Exception | None) -> None:
        self._batches = list(batches)
        self.claims = 0
        self.free = asyncio.Event()
        self.free.set()

    async def claim(self) -> Sequence[Parcel] | None:
        self.claims += 1
        batch = self._batches.pop(0) if self._batches else None
        await self.free.wait()
        if isinstance(batch, Exception):
            raise batch
        return cast(Sequence[Parcel] | None, batch)


async def all_of(stock: Stock) -> list[object]:
    found: list[object] = []
    while (one := await stock.wait()) is not None:
        found.append(one)
    return found


async def test_all_that_is_due_comes_once_and_in_order() -> None:
    stock = Stock(Shelf([1, 2, 3], [4], [5, 6]).claim, low=2)
    assert await all_of(stock) == [1, 2, 3, 4, 5, 6]
    assert stock.found == 6


async def test_nothing_due_is_one_claim() -> None:
    shelf = Shelf()
    stock = Stock(shelf.claim)
    assert await asyncio.gather(*(stock.wait() for _ in range(5))) == [None] * 5
    assert (shelf.claims, stock.found) == (1, 0)


async def test_who_has_nothing_to_do_gets_what_comes_while_another_one_is_busy() -> None:
    shelf = Shelf([1], None, [2], None)
    stock = Stock(shelf.claim, takers=2)
    assert await stock.wait() == 1  # by one who is busy with it for long
    idle = asyncio.create_task(stock.wait())
    await asyncio.sleep(0.01)
    assert not idle.done()
    stock.look_again()
    assert await idle == 2
    last = asyncio.create_task(stock.wait())
    await asyncio.sleep(0.01)
    stock.leave()
    assert await last is None, "nobody is busy any more"


async def test_what_is_asked_for_while_a_claim_is_under_way_is_claimed_after_it() -> None:
    shelf = Shelf(None, [1])
    stock = Stock(shelf.claim)
    shelf.free.clear()
    one = asyncio.create_task(stock.wait())
    await asyncio.sleep(0.01)
    stock.look_again()
    shelf.free.set()
    assert await one == 1


async def test_a_batch_of_which_nothing_can_be_read_does_not_end_it() -> None:
    assert await all_of(Stock(Shelf([], [1]).claim)) == [1]


async def test_the_next_batch_is_fetched_while_the_last_one_is_sent() -> None:
    shelf = Shelf([1, 2, 3], [4])
    stock = Stock(shelf.claim, low=2)
    assert await stock.wait() == 1
    await asyncio.sleep(0)
    assert shelf.claims == 1, "there is enough in stock"
    shelf.free.clear()
    assert stock.take() == 2
    await asyncio.sleep(0)
    assert shelf.claims == 2
    assert stock.take() == 3
    assert stock.take() is None, "it is not here yet, and nobody waits for it"
    shelf.free.set()
    assert await stock.wait() == 4


async def test_what_nobody_took_is_given_back_with_what_was_on_its_way() -> None:
    shelf = Shelf([1, 2], [3, 4])
    stock = Stock(shelf.claim, low=2)
    assert await stock.wait() == 1
    assert await stock.close() == [2, 3, 4]
    assert shelf.claims == 2
    assert stock.take() is None


@pytest.mark.parametrize("waits", [True, False])
async def test_a_claim_that_fails_is_said_to_all_who_wait_then_or_later(waits: bool) -> None:
    shelf = Shelf([1], ValueError("away"))
    stock = Stock(shelf.claim, low=1)
    assert await stock.wait() == 1
    if not waits:
        await asyncio.sleep(0.01)
    said = await asyncio.gather(*(stock.wait() for _ in range(3)), return_exceptions=True)
    assert [str(one) for one in said] == ["away"] * 3
    assert await stock.close() == []
