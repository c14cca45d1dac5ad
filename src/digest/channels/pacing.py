"""Turns at a provider: so many messages a second in all, so many a second to one address.

Slack allows one message a second a channel (docs.slack.dev, Rate limits), Telegram about thirty a
second in all and one a second a chat (core.telegram.org/bots/faq); both say how long to wait when
that was too much. A Pacer keeps to such limits within one process, in order for each address, and
an address that must wait holds up nobody else.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Pacer:
    """Spaces out messages. Rates are messages a second; None means no limit."""

    def __init__(self, overall_per_second: float | None, address_per_second: float | None) -> None:
        self._all = _Lane(_spacing(overall_per_second))
        self._address_spacing = _spacing(address_per_second)
        self._lanes: dict[str, _Lane] = {}
        self._room = 1024  # lanes kept before idle ones are forgotten

    async def turn(self, address: str) -> None:
        """Returns when a message to `address` may go out; first come, first served by address."""
        lane = self._lane(address)
        with lane.in_use():
            async with lane.lock:
                while True:
                    await lane.open()
                    async with self._all.lock:
                        planned = await self._all.open()
                        present = _present()
                        if lane.free_at > present:
                            continue  # a hold came while this turn waited for the others
                        # Counting on from the planned instant keeps the overall rate exact
                        # although sleeping always takes a little longer than asked for.
                        self._all.take(planned)
                        lane.take(present)
                        return

    def hold(self, address: str | None, seconds: float) -> None:
        """No turn for `address` (None: for anybody) in the next `seconds`: the provider said so."""
        (self._all if address is None else self._lane(address)).hold(seconds)

    def held(self, address: str) -> float:
        """Seconds until a turn for `address` could come, not counting those who wait before it.

        A caller who would have to wait long can give the message back instead of a worker's time.
        """
        lane = self._lanes.get(address, self._all)
        return max(0.0, self._all.free_at - _present(), lane.free_at - _present())

    def _lane(self, address: str) -> "_Lane":
        if address not in self._lanes:
            if len(self._lanes) >= self._room:
                self._forget_idle()
            self._lanes[address] = _Lane(self._address_spacing)
        return self._lanes[address]

    def _forget_idle(self) -> None:
        present = _present()
        self._lanes = {
            address: lane
            for address, lane in self._lanes.items()
            if lane.users or lane.free_at > present
        }
        self._room = max(1024, 2 * len(self._lanes))


class _Lane:
    """One row of turns, at least `spacing` seconds apart."""

    def __init__(self, spacing: float) -> None:
        self.spacing = spacing
        self.free_at = 0.0  # in the event loop's time
        self.lock = asyncio.Lock()
        self.users = 0

    @contextmanager
    def in_use(self) -> Iterator[None]:
        self.users += 1
        try:
            yield
        finally:
            self.users -= 1

    async def open(self) -> float:
        """Waits until the lane is free; returns the instant at which this turn was due."""
        due = _present()
        while (present := _present()) < self.free_at:
            due = self.free_at
            await asyncio.sleep(self.free_at - present)
        return due

    def take(self, instant: float) -> None:
        self.free_at = max(self.free_at, instant + self.spacing)

    def hold(self, seconds: float) -> None:
        self.free_at = max(self.free_at, _present() + seconds)


def _spacing(per_second: float | None) -> float:
    return 1 / per_second if per_second else 0.0


def _present() -> float:
    return asyncio.get_running_loop().time()
