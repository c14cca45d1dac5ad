"""Turns: threads of one process write to SQLite one after the other, first come, first served.

SQLite itself has whoever waits for the write lock look for it now and then, up to ten times a
second. Beside a planner, which takes it again at once, a sender would find it held for seconds.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A lock that is handed to whoever has waited longest."""

    def __init__(self, patience: float) -> None:
        """`patience` in seconds: after it one goes on without a turn, and SQLite decides."""
        self._patience = patience
        self._mutex = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._taken = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        mine = self._take()
        try:
            yield
        finally:
            if mine:
                self._hand_on()

    @contextmanager
    def at_once(self) -> Iterator[bool]:
        """A turn if nobody else has one or waits for it; yields whether it is."""
        with self._mutex:
            mine, self._taken = not self._taken, True
        try:
            yield mine
        finally:
            if mine:
                self._hand_on()

    def _take(self) -> bool:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return True
            called = threading.Event()
            self._waiting.append(called)
        if called.wait(self._patience):
            return True
        with self._mutex:
            if called.is_set():  # just now
                return True
            self._waiting.remove(called)
            return False

    def _hand_on(self) -> None:
        with self._mutex:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._taken = False
