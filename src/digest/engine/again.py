"""Work that is done once at a time: who asks for it meanwhile has it done once more."""

import asyncio
from collections.abc import Awaitable, Callable


class Again:
    """A task that says "look at what is there" is enough for all that said so before it began."""

    def __init__(self) -> None:
        self._asked = False
        self._busy = False

    async def run(self, work: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
        """Does `work`, or leaves it to the one who is at it. Raises what `work` raises."""
        self._asked = True
        if self._busy:
            return
        self._busy = True
        try:
            while self._asked and not stop.is_set():
                self._asked = False
                await work()
        finally:
            self._busy = False
