"""The news of a day: a report every half hour about one Interest, some of which alert."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench.day.crowd import INTERESTS
from digest.formats.entry import Entry
from digest.models.record import EventRecord
from digest.services.app import App
from digest.services.news.ingest import ingest

EVERY = timedelta(minutes=30)
ALERTS = 13  # of so many reports one is an alert: each time of another Interest


@dataclass(frozen=True, slots=True)
class Piece:
    """A report that becomes visible `at` and concerns followers of `interests`."""

    name: str
    at: datetime
    interests: frozenset[str]
    alerts: bool

    def come(self, app: App) -> None:
        record = EventRecord.model_validate(
            {
                "id": self.name,
                "headline": f"Pilots stop work in the strait for reason {self.name}",
                "standfirst": f"The ministry says so in its note {self.name}.",
                "severity": 4 if self.alerts else 3,
                "visible_at": self.at,
                "reported_at": self.at - timedelta(minutes=10),
                "interests": [
                    {"name": one.capitalize(), "role": "primary"} for one in sorted(self.interests)
                ],
                "sources": [{"publisher": "Harbour Wire"}],
            }
        )
        refused = ingest(app, [Entry("day", record)], self.at).refused
        assert not refused, refused


def pieces(begin: datetime, end: datetime, every: timedelta = EVERY) -> Iterator[Piece]:
    at, number = begin + timedelta(minutes=5), 0
    while at < end:
        about = frozenset({INTERESTS[number % len(INTERESTS)]})
        yield Piece(f"piece-{number}", at, about, number % ALERTS == ALERTS - 1)
        at, number = at + every, number + 1
