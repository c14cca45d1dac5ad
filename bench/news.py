"""The news to measure with: the real events beside the checkout, or else invented ones."""

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

REAL = Path(__file__).parents[2] / "shared" / "data" / "dev_events" / "events.jsonl"
FIRST, DAYS, COUNT = date(2026, 1, 1), 151, 3_256

_PLACES = ("Iran", "Israel", "Sudan", "Kenya", "Ukraine", "Japan", "Peru", "India", "Yemen", "Chad")
_DEEDS = ("opens talks with", "closes its border to", "signs a treaty with", "sends aid to")
_CATEGORIES = ("Armed conflicts and attacks", "Disasters and accidents", "Politics and elections")


class News(NamedTuple):
    """`data` is a document that `digest import` reads: a record a line, of `days` from `first`."""

    data: bytes
    words: str
    first: date = FIRST
    days: int = DAYS

    def until(self, day: date) -> "News":
        """What is published up to that day, that day included."""
        return self._with(lambda published: published <= day.isoformat())

    def after(self, day: date) -> "News":
        """What is published later than that day."""
        return self._with(lambda published: published > day.isoformat())

    def _with(self, wanted: Callable[[str], bool]) -> "News":
        lines = (
            line
            for line in self.data.splitlines(keepends=True)
            if wanted(json.loads(line)["published_at"][:10])
        )
        return self._replace(data=b"".join(lines))


def news() -> News:
    """Real events when they are there; as many invented ones otherwise, always the same."""
    if REAL.is_file():
        return News(REAL.read_bytes(), "dev_events")
    lines = (json.dumps(record) for record in _invented())
    return News(
        "\n".join(lines).encode(), "invented events (dev_events is not beside the checkout)"
    )


def _invented() -> Iterator[dict[str, object]]:
    dice = random.Random(1)
    for number in range(COUNT):
        day = datetime.combine(FIRST, datetime.min.time(), UTC)
        day += timedelta(days=number * DAYS // COUNT)
        one, other = dice.sample(_PLACES, 2)
        text = f"{one} {dice.choice(_DEEDS)} {other}, officials say in report {number}."
        yield {
            "id": f"bench-{number}",
            "published_at": day.isoformat(),
            "time_precision": "day",
            "headline": text.removesuffix("."),
            "summary": text,
            "category": dice.choice(_CATEGORIES),
            "publisher": f"Example Wire {dice.randint(1, 5)}",
            "tags": [one, other],
        }
