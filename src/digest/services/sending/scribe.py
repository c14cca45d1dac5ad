"""The Scribe: many attempts begin and end at their own time and share one transaction each time.

While one transaction runs, what others have to write gathers for the next one. So each attempt is
written down as soon as it can be, and a busy worker still needs few transactions.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from digest.services.sending.attempts import Ended

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

    async def turn(self, ended: Ended | None, begin: int | None = None) -> bool:
        """Writes down what has ended, and whether the Delivery `begin` may be sent now.

        Raises whatever `write` raises.
        """
        note = _Note(ended, begin, asyncio.get_running_loop().create_future())
        self._notes.append(note)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        return await note.answer

    async def _write_all(self) -> None:
        try:
            while self._notes:
                notes, self._notes = self._notes, []
                await self._write_down(notes)
        finally:
            self._writing = None

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
        for note in notes:
            if not note.answer.done():  # its attempt was cancelled meanwhile
                note.answer.set_result(note.begin in mine)
