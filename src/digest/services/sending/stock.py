"""The Stock of a lane: what it has claimed. The next batch is fetched while the last is sent."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from digest.services.sending.parcels import Parcel

LOW = 50  # Parcels in stock, below which more are fetched: about as many as are sent meanwhile

Claim = Callable[[], Awaitable[Sequence[Parcel] | None]]
"""A batch; None when nothing is due, which ends the Stock."""


class Stock:
    """Parcels in the order in which they were claimed, for many who take from it."""

    def __init__(self, claim: Claim, low: int = LOW) -> None:
        self._claim = claim
        self._low = low
        self.found = 0  # Parcels in all
        self._waiting: deque[Parcel] = deque()
        self._fetching: asyncio.Task[None] | None = None
        self._ended = False

    def take(self) -> Parcel | None:
        """The next one, if it is here."""
        parcel = self._waiting.popleft() if self._waiting else None
        if len(self._waiting) < self._low and self._fetching is None and not self._ended:
            self._fetching = asyncio.create_task(self._fetch())
        return parcel

    async def wait(self) -> Parcel | None:
        """The next one, as soon as it is here; None: there is none.

        Raises whatever the claim raises.
        """
        while (parcel := self.take()) is None and self._fetching is not None:
            await asyncio.shield(self._fetching)
        return parcel

    async def close(self) -> list[Parcel]:
        """What was claimed and nobody took; nothing more is fetched."""
        self._ended = True
        if self._fetching is not None:
            await asyncio.gather(self._fetching, return_exceptions=True)
        rest, self._waiting = list(self._waiting), deque()
        return rest

    async def _fetch(self) -> None:
        try:
            found = await self._claim()
        except BaseException:
            self._ended = True
            raise
        self._fetching = None
        if found is None:
            self._ended = True
        else:
            self.found += len(found)
            self._waiting += found
