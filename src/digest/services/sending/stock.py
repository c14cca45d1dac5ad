"""The Stock of a lane: what it has claimed. The next batch is fetched while the last is sent."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from digest.services.sending.parcels import Parcel

LOW = 50  # Parcels in stock, below which more are fetched: about as many as are sent meanwhile

Claim = Callable[[], Awaitable[Sequence[Parcel] | None]]
"""A batch; None when nothing is due."""


class Stock:
    """Parcels in the order in which they were claimed, for many who take from it.

    It ends when nothing is due and nobody is sending: what is planned while one sends for long is
    sent by those who have nothing to do.
    """

    def __init__(self, claim: Claim, takers: int = 1, low: int = LOW) -> None:
        self._claim = claim
        self._low = low
        self.found = 0  # Parcels in all
        self._waiting: deque[Parcel] = deque()
        self._fetching: asyncio.Task[None] | None = None
        self._ended = False  # nothing is fetched unless somebody asks for it
        self._asked = False
        self._takers = takers
        self._idle = 0
        self._woken = asyncio.Event()
        self._over = False

    def take(self) -> Parcel | None:
        """The next one, if it is here."""
        parcel = self._waiting.popleft() if self._waiting else None
        if len(self._waiting) < self._low and self._fetching is None and not self._ended:
            self._fetching = asyncio.create_task(self._fetch())
        return parcel

    async def wait(self) -> Parcel | None:
        """The next one, as soon as it is here; None: there is none, and nobody sends any more.

        Raises whatever the claim raises.
        """
        while True:
            while (parcel := self.take()) is None and self._fetching is not None:
                await asyncio.shield(self._fetching)
            if parcel is not None or self._over:
                return parcel
            woken = self._woken
            self._idle += 1
            self._look()
            await woken.wait()
            self._idle -= 1

    def look_again(self) -> None:
        """Something may have become due."""
        self._asked, self._ended = True, False
        self._wake()

    def leave(self) -> None:
        """Of those who take, one does so no more."""
        self._takers -= 1
        self._look()

    def _look(self) -> None:
        if self._idle >= self._takers:
            self._over = True
            self._wake()

    def _wake(self) -> None:
        self._woken.set()
        self._woken = asyncio.Event()

    async def close(self) -> list[Parcel]:
        """What was claimed and nobody took; nothing more is fetched."""
        self._ended = True
        if self._fetching is not None:
            await asyncio.gather(self._fetching, return_exceptions=True)
        rest, self._waiting = list(self._waiting), deque()
        return rest

    async def _fetch(self) -> None:
        self._asked = False
        try:
            found = await self._claim()
        except BaseException:
            self._ended = True
            raise
        self._fetching = None
        if found is None:
            self._ended = not self._asked
        else:
            self.found += len(found)
            self._waiting += found
