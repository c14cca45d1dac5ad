"""Limits: how long an attempt may take, and what ends it before. One timer for all of a lane.

A timer for each attempt, as `asyncio.timeout` sets one, is made and cancelled for every message,
and hardly any of them ever ends one.
"""

import asyncio
from types import TracebackType
from typing import NoReturn

from digest.channels.base import Fence
from digest.errors import RetryLater


class Limit:
    """What is done within it ends with a TimeoutError when its time is over, or it is left; when
    all were left before, nothing is begun."""

    def __init__(self, those: "UnderWay", fence: Fence) -> None:
        self.fence = fence
        self.over = False
        self.until = 0.0  # in the event loop's time
        self._those = those

    def __enter__(self) -> None:
        if self._those.left:
            raise TimeoutError
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._those.add(self)

    def __exit__(self, _: object, error: BaseException | None, __: TracebackType | None) -> None:
        """As `asyncio.Timeout` does it: who was cancelled by others as well stays so."""
        self._those.remove(self)
        cancelled = isinstance(error, asyncio.CancelledError)
        if self.over and self._task.uncancel() <= self._cancelling and cancelled:
            raise TimeoutError from error

    def end(self) -> None:
        """It is over."""
        if not self.over:
            self.over = True
            self._task.cancel()


class UnderWay:
    """The attempts of a lane, of `seconds` at most each. They can be left, but for those that have
    handed anything over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.left = False
        self._limits: dict[Limit, None] = {}  # in the order in which they end
        self._timer: asyncio.TimerHandle | None = None

    def one(self, fence: Fence) -> Limit:
        """For one attempt; `fence` says whether it has handed anything over."""
        return Limit(self, fence)

    def leave(self) -> None:
        """Nothing more is handed over: what waited for that is tried again at once, elsewhere."""
        self.left = True
        for limit in self._limits:
            _leave(limit)

    def add(self, limit: Limit) -> None:
        loop = asyncio.get_running_loop()
        limit.until = loop.time() + self.seconds
        self._limits[limit] = None
        if self._timer is None:
            self._timer = loop.call_at(limit.until, self._look)

    def remove(self, limit: Limit) -> None:
        del self._limits[limit]
        if not self._limits and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        for limit in self._limits:
            if limit.until > loop.time():
                self._timer = loop.call_at(limit.until, self._look)
                return
            limit.end()


def _leave(limit: Limit) -> None:
    if not (limit.fence.passed or limit.over):
        limit.fence.check = _stopped
        limit.end()


def _stopped() -> NoReturn:
    raise not_begun()


def not_begun() -> RetryLater:
    """Of an attempt that was left."""
    return RetryLater("worker_stopped", "this sender was stopped before", retry_after=0)
