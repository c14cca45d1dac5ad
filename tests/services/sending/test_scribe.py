"""The Scribe: turns of many, written down together."""

import asyncio
from collections.abc import Sequence

import pytest

from digest.services.sending import scribe as module
from digest.services.sending.attempts import Ended
from digest.services.sending.scribe import Scribe


class Book:
    """What was written, and in how many transactions. `refused` are others' by now."""

    def __init__(self, refused: Sequence[int] = (), error: Exception | None = None) -> None:
        self.written: list[list[int]] = []
        self.busy = False
        self._refused = set(refused)
        self._error = error

    async def write(self, ended: Sequence[Ended], wanted: Sequence[int]) -> set[int]:
        assert not self.busy, "two at the same time"
        self.busy = True
        await asyncio.sleep(0)
        self.busy = False
        self.written.append(list(wanted))
        if self._error:
            raise self._error
        return set(wanted) - self._refused


async def turns(book: Book, writers: int, each: int, pause: float = 0.0) -> list[bool]:
    """As many writers, who take so many turns each; `pause` is what an attempt takes."""
    scribe = Scribe(book.write)

    async def writer(number: int) -> list[bool]:
        found = []
        with scribe.writer():
            for place in range(each):
                found.append(await scribe.turn(None, 100 * number + place))
                await asyncio.sleep(pause)
        return found

    every = await asyncio.gather(*(writer(number) for number in range(writers)))
    return [one for found in every for one in found]


async def test_all_that_is_wanted_is_written_once() -> None:
    book = Book()
    assert all(await turns(book, writers=7, each=9))
    wanted = [one for some in book.written for one in some]
    assert sorted(wanted) == [100 * number + place for number in range(7) for place in range(9)]


async def test_those_who_come_together_share_a_transaction() -> None:
    book = Book()
    await turns(book, writers=16, each=4)
    assert [len(some) for some in book.written] == [16, 16, 16, 16]


async def test_one_alone_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GATHER", 60.0)
    book = Book()
    async with asyncio.timeout(5):
        await turns(book, writers=1, each=3)
    assert len(book.written) == 3


async def test_who_has_left_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GATHER", 60.0)
    book = Book()
    scribe = Scribe(book.write)

    async def leaves_early() -> None:
        with scribe.writer():
            await asyncio.sleep(0.01)

    async def stays() -> None:
        with scribe.writer():
            await scribe.turn(None, 1)

    async with asyncio.timeout(5):
        await asyncio.gather(leaves_early(), stays())
    assert book.written == [[1]]


async def test_a_slow_attempt_holds_up_no_other() -> None:
    """One that takes long is not waited for beyond a few milliseconds."""
    book = Book()
    scribe = Scribe(book.write)
    free = asyncio.Event()

    async def slow() -> None:
        with scribe.writer():
            await free.wait()

    async def quick() -> None:
        with scribe.writer():
            await scribe.turn(None, 1)
            await scribe.turn(None, 2)
            free.set()

    async with asyncio.timeout(5):
        await asyncio.gather(slow(), quick())
    assert book.written == [[1], [2]]


async def test_what_is_not_ours_any_more_may_not_be_sent() -> None:
    book = Book(refused=[100])
    assert await turns(book, writers=2, each=1) == [True, False]


async def test_what_the_database_says_reaches_everybody_who_wrote() -> None:
    book = Book(error=RuntimeError("full"))
    scribe = Scribe(book.write)
    answers = await asyncio.gather(
        scribe.turn(None, 1), scribe.turn(None, 2), return_exceptions=True
    )
    assert [str(one) for one in answers] == ["full", "full"]
