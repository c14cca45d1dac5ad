"""The Scribe: many attempts begin and end at their own time and share one transaction each time.

While one transaction runs, what others have to write gathers for the next one. So each attempt is
written down as soon as it can be, and a busy worker still needs few transactions.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from digest.services.sending.attempts import Ended

GATHER = 0.003  # seconds that the first note waits for others; a transaction takes about as long

TOGETHER = 4  # who go on at the same moment: each renders a message first, and nothing else runs

Write = Callable[[Sequence[Ended], Sequence[int]], Awaitable[set[int]]]
"""Writes what has ended and begins Deliveries by their ids; returns those that may be sent."""


@dataclass(frozen=True, slots=True)
class _Note:
    ended: Ended | None
    begin: int | None
    answer: asyncio.Future[bool]


class Scribe:
    """Brings turns of many to `write`, which is never called twice at the same time."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._notes: list[_Note] = []
        self._writing: asyncio.Task[None] | None = None
        self._writers = 0
        self._all_wait = asyncio.Event()

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Whoever takes turns: when all of them wait, nobody is waited for."""
        self._writers += 1
        try:
            yield
        finally:
            self._writers -= 1
            self._look()

    async def turn(self, ended: Ended | None, begin: int | None = None) -> bool:
        """Writes down what has ended, and whether the Delivery `begin` may be sent now.

        Raises whatever `write` raises.
        """
        note = _Note(ended, begin, asyncio.get_running_loop().create_future())
        self._notes.append(note)
        self._look()
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await note.answer

    def _look(self) -> None:
        if len(self._notes) >= self._writers:
            self._all_wait.set()

    async def _write_all(self) -> None:
        try:
            while self._notes:
                await self._gather()
                notes, self._notes = self._notes, []
                self._all_wait.clear()
                await self._write_down(notes)
        finally:
            self._writing = None

    async def _gather(self) -> None:
        try:
            async with asyncio.timeout(GATHER):
                await self._all_wait.wait()
        except TimeoutError:
            pass

    async def _write_down(self, notes: Sequence[_Note]) -> None:
        ended = [note.ended for note in notes if note.ended is not None]
        wanted = [note.begin for note in notes if note.begin is not None]
        try:
            mine = await self._write(ended, wanted)
        except Exception as error:
            for note in notes:
                if not note.answer.done():
                    note.answer.set_exception(error)
            return
        for place, note in enumerate(notes, 1):
            if not note.answer.done():  # its attempt was cancelled meanwhile
                note.answer.set_result(note.begin in mine)
            if place % TOGETHER == 0:
                await asyncio.sleep(0)
