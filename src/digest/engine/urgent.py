"""What is urgent in a process, and those who let it pass.

All work of a process shares one interpreter: an alert that is decided about beside thousands of
digests gets its turn at each step of it after them. So who isn't urgent asks before each message or
page of its own.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PASSING = 5.0  # seconds that is waited for at most: what is urgent may go on for hours


class Urgent:
    """Work of one kind that goes first. It belongs to one event loop; threads may wait as well."""

    def __init__(self) -> None:
        self._number = 0  # how much of it is under way
        self._expected: asyncio.TimerHandle | None = None
        self._passed = asyncio.Event()
        self._passed.set()
        self._passed_for_threads = threading.Event()
        self._passed_for_threads.set()

    @property
    def under_way(self) -> bool:
        return self._number > 0

    @contextmanager
    def going_first(self) -> Iterator[None]:
        """In the thread of the loop."""
        self._begin()
        try:
            yield
        finally:
            self._end()

    def expect(self, seconds: float) -> None:
        """Some may be under way elsewhere, for so long unless it is said again. In the thread of
        the loop."""
        if self._expected is None:
            self._begin()
        else:
            self._expected.cancel()
        self._expected = asyncio.get_running_loop().call_later(seconds, self._expect_no_more)

    def _expect_no_more(self) -> None:
        self._expected = None
        self._end()

    def _begin(self) -> None:
        self._number += 1
        self._passed.clear()
        self._passed_for_threads.clear()

    def _end(self) -> None:
        self._number -= 1
        if not self._number:
            self._passed.set()
            self._passed_for_threads.set()

    async def passes(self) -> None:
        """Until none is under way, or for PASSING seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PASSING):
                await self._passed.wait()

    def passes_thread(self) -> None:
        """The same for a thread."""
        self._passed_for_threads.wait(PASSING)
