"""One measured line with what it must hold, a table of many, and a stopwatch for them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

HEAD = ("what", "ours", "wire", "ratio", "CPU a message", "peak RSS", "must", "holds")


@dataclass(frozen=True, slots=True)
class Line:
    """What was measured, and the limits that it must hold, if there are any.

    `wire` is what the bare wire did of the same in the same run, in the same unit. `cpu` is
    milliseconds of processor for a message or reader, with all that took part but sinks, `room` the
    peak RSS in MB of the largest process of ours. `readers` is of how many it was measured, where
    that is what differs.
    """

    what: str
    value: float
    unit: str = ""
    most: float | None = None
    least: float | None = None
    wire: float | None = None
    least_ratio: float | None = None
    cpu: float | None = None
    most_cpu: float | None = None
    room: float | None = None
    most_room: float | None = None
    readers: int | None = None

    @property
    def ratio(self) -> float | None:
        """The share of the wire's speed that is ours: 1 is as fast as the wire."""
        if self.wire is None:
            return None
        return self.value / self.wire if self.unit.endswith("/s") else self.wire / self.value

    @property
    def holds(self) -> bool:
        return all(held for _, held in self._limits())

    @property
    def must(self) -> str:
        return "; ".join(words for words, _ in self._limits())

    @property
    def is_a_figure(self) -> bool:
        """Whether it belongs into the table; others only say what was measured."""
        return bool(self.must) or self.wire is not None or self.cpu is not None

    def _limits(self) -> Iterator[tuple[str, bool]]:
        """Each limit in words, and whether it holds. What was not measured holds nothing."""
        for name, found, unit, least, most in (
            ("", self.value, self.unit, self.least, self.most),
            ("ratio ", self.ratio, "", self.least_ratio, None),
            ("CPU ", self.cpu, "ms", None, self.most_cpu),
            ("RSS ", self.room, "MB", None, self.most_room),
        ):
            if least is not None:
                yield f"{name}≥ {_limit(least, unit)}", found is not None and found >= least
            if most is not None:
                yield f"{name}≤ {_limit(most, unit)}", found is not None and found <= most

    def cells(self) -> Sequence[str]:
        """As HEAD has them."""
        return (
            self.what,
            number(self.value, self.unit),
            number(self.wire, self.unit),
            number(self.ratio),
            number(self.cpu, "ms"),
            number(self.room, "MB"),
            self.must,
            ("yes" if self.holds else "NO") if self.must else "",
        )

    def __str__(self) -> str:
        _, ours, wire, ratio, cpu, room, must, holds = self.cells()
        more = [
            f"{name} {cell}"
            for name, cell in (("wire", wire), ("ratio", ratio), ("CPU", cpu), ("RSS", room))
            if cell
        ]
        if must:
            more.append(f"must be {must}: {'holds' if holds == 'yes' else 'DOES NOT HOLD'}")
        return f"{self.what:<52} {ours:>12}  {', '.join(more)}".rstrip()

    def as_mapping(self) -> Mapping[str, object]:
        """For programs: all that was measured, the limits, and what follows from both."""
        return asdict(self) | {"ratio": self.ratio, "must": self.must, "holds": self.holds}


def number(value: float | None, unit: str = "") -> str:
    """Three digits at least, and no more behind the point than they need."""
    if value is None:
        return ""
    digits = next((n for n, most in enumerate((100, 10, 1)) if abs(value) >= most), 3)
    whole = float(value).is_integer() and (digits < 3 or not value)
    return _with_unit(f"{value:,.0f}" if whole else f"{value:,.{digits}f}", unit)


def _limit(value: float, unit: str) -> str:
    return _with_unit(f"{value:,.9g}", unit)


def _with_unit(text: str, unit: str) -> str:
    return f"{text}{'' if unit.startswith('/') else ' '}{unit}".rstrip()


def table(lines: Mapping[str, Sequence[Line]]) -> str:
    """The figures of all cases as one table, in Markdown."""
    rows = [
        (f"{name}: {cells[0]}", *cells[1:])
        for name, found in lines.items()
        for cells in (line.cells() for line in found if line.is_a_figure)
    ]
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    rule = ["-" * (wide - 1) + (":" if 0 < n < 6 else "-") for n, wide in enumerate(widths)]
    return "\n".join(
        "| " + " | ".join(_padded(n, cell, widths[n]) for n, cell in enumerate(row)) + " |"
        for row in (HEAD, rule, *rows)
    )


def _padded(n: int, cell: str, wide: int) -> str:
    return cell.rjust(wide) if 0 < n < 6 else cell.ljust(wide)


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


def percentile(values: Sequence[float], share: float) -> float:
    """The least of `values` that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]
