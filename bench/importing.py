"""Import: a half-year of events into an empty database, and the same once more."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.line import Line, timed
from bench.news import News, news
from bench.stage import installed
from digest.formats import parse
from digest.services.app import App
from digest.services.news.ingest import Summary, ingest

FIRST_TIME, SECOND_TIME = 20.0, 5.0  # seconds on two cores


def run(folder: Path) -> Iterator[Line]:
    found = news()
    with installed(folder) as app:
        with timed() as first:
            summary = bring_in(app, found)
        yield Line(f"events, {found.words}", summary.new)
        yield Line("refused", len(summary.refused), most=0)
        yield Line("the first time", first.wall, "s", most=FIRST_TIME)
        with timed() as second:
            again = bring_in(app, found)
        yield Line("the second time: new or revised", again.new + again.revised, most=0)
        yield Line("the second time", second.wall, "s", most=SECOND_TIME)


def bring_in(app: App, found: News) -> Summary:
    """Imports the news, a while after the last of it: all of it is history by then."""
    now = datetime.combine(found.first, datetime.min.time(), UTC) + timedelta(days=found.days + 30)
    return ingest(app, parse(found.data, name=found.words, now=now), now)
