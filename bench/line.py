"""One measured line, and a stopwatch for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """What was measured. `most` is the limit it must hold, if there is one."""

    what: str
    value: float
    unit: str = ""
    most: float | None = None

    @property
    def holds(self) -> bool:
        return self.most is None or self.value <= self.most

    def __str__(self) -> str:
        limit = "" if self.most is None else f"  (at most {self.most:g}) {self._verdict}"
        return f"{self.what:<44} {self.value:>10,.2f} {self.unit:<4}{limit}".rstrip()

    @property
    def _verdict(self) -> str:
        return "holds" if self.holds else "DOES NOT HOLD"


@dataclass
class Watch:
    """Seconds of wall clock and of this process's CPU; filled in when `timed` ends."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def timed() -> Iterator[Watch]:
    watch = Watch()
    wall, cpu = time.perf_counter(), time.process_time()
    yield watch
    watch.wall, watch.cpu = time.perf_counter() - wall, time.process_time() - cpu
