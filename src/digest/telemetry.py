"""What a process counts of itself: instruments, and what they have measured so far.

Plain dictionaries under one lock, because a message must not become dearer by being counted: half a
microsecond a measurement, where a client library takes several. Who asks for the numbers turns them
into a page (`services/admin/metrics.py`).
"""

import re
import threading
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Labels = tuple[str, ...]

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 90.0)
_SLOW = (0.5, 1, 2, 3, 5, 7.5, 10, 15, 30, 60, 120, 300, 900, 3600.0)


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """With `bounds`, upper ones in seconds, it is a histogram; else a counter."""

    name: str
    words: str
    labels: Labels = ()
    bounds: tuple[float, ...] = ()


DELIVERIES = Instrument(
    "digest_deliveries",
    "What became of deliveries, at each attempt: the state and, unless it was sent, the reason",
    ("channel", "kind", "state", "reason"),
)
ATTEMPTS = Instrument("digest_attempts", "Attempts to send that count as such", ("channel", "kind"))
CLAIMS = Instrument("digest_claims", "Batches claimed from the ledger", ("channel", "lane"))
CLAIMED = Instrument(
    "digest_claimed_deliveries", "Deliveries claimed from the ledger", ("channel", "lane")
)
OUTAGES = Instrument("digest_database_outages", "Times that the database was found to be away")
ALERT_LATENCY = Instrument(
    "digest_alert_latency_seconds",
    "From an event being visible to its alert being accepted by the provider; without alerts that"
    " were held",
    ("channel",),
    _SLOW,
)
DIGEST_LATENCY = Instrument(
    "digest_digest_latency_seconds",
    "From a digest's hour to its being accepted by the provider",
    ("channel",),
    _SLOW,
)
RENDERING = Instrument("digest_render_seconds", "Rendering one message", ("channel",), _QUICK)
CALLS = Instrument(
    "digest_provider_call_seconds",
    "One message at the provider, turns and waiting included",
    ("channel",),
    _QUICK,
)
INSTRUMENTS = (
    *(DELIVERIES, ATTEMPTS, CLAIMS, CLAIMED, OUTAGES),
    *(ALERT_LATENCY, DIGEST_LATENCY, RENDERING, CALLS),
)


@dataclass(slots=True)
class Spread:
    """Of a histogram: how many values lie up to each bound and above the one before it, how many
    above all, and the sum of all."""

    counts: list[int]
    total: float = 0.0


MOST_REASONS = 64
OTHER = "other"
_REASON = re.compile(r"[a-z0-9_]{1,40}", re.ASCII)


@dataclass
class Telemetry:
    """Of one process, whatever thread measures."""

    counts: dict[Instrument, dict[Labels, float]] = field(
        default_factory=lambda: {one: {} for one in INSTRUMENTS if not one.bounds}
    )
    spreads: dict[Instrument, dict[Labels, Spread]] = field(
        default_factory=lambda: {one: {} for one in INSTRUMENTS if one.bounds}
    )
    ticked: float | None = None  # when the clock that leads in this process last turned, monotonic
    _reasons: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, instrument: Instrument, numbers: Mapping[Labels, float]) -> None:
        """Counts on, by the values of its labels."""
        with self._lock:
            counts = self.counts[instrument]
            for labels, number in numbers.items():
                counts[labels] = counts.get(labels, 0) + number

    def observe(self, instrument: Instrument, labels: Labels, values: Iterable[float]) -> None:
        """Notes durations in seconds."""
        bounds = instrument.bounds
        with self._lock:
            spreads = self.spreads[instrument]
            spread = spreads.get(labels)
            if spread is None:
                spread = spreads[labels] = Spread([0] * (len(bounds) + 1))
            counts = spread.counts
            for value in values:
                counts[bisect_left(bounds, value)] += 1
                spread.total += value

    def reason(self, code: str | None) -> str:
        """The reason as the value of a label. A provider's own codes are no endless supply of them:
        what is no code, or comes when there are many already, is "other"."""
        if code is None:
            return ""
        if code in self._reasons:
            return code
        if len(self._reasons) >= MOST_REASONS or not _REASON.fullmatch(code):
            return OTHER
        self._reasons.add(code)
        return code

    def measured(
        self,
    ) -> tuple[dict[Instrument, dict[Labels, float]], dict[Instrument, dict[Labels, Spread]]]:
        """A copy of all that was counted, and of all that was observed."""
        with self._lock:
            counts = {one: dict(numbers) for one, numbers in self.counts.items()}
            spreads = {
                one: {labels: Spread(list(s.counts), s.total) for labels, s in found.items()}
                for one, found in self.spreads.items()
            }
        return counts, spreads
