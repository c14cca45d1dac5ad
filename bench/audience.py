"""The audience of one Event: the query for it, and the Deliveries that are written for it.

On PostgreSQL, with five Follows a reader. The Deliveries are written page by page, as the planner
of an alert does, over one connection and over two.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from bench.crowd import NOW, crowd
from bench.line import Line, timed
from bench.server import server
from bench.size import sizes
from bench.stage import installed
from digest.models.content import EditionContent
from digest.models.desk import Candidate
from digest.models.words import EditionKind
from digest.services.app import App
from digest.services.planning.audience import audience
from digest.store import editions, events, spread
from digest.store.chunks import chunks
from digest.store.deliveries import ALERTS
from digest.store.visibility import newest_seq

QUICK, USUAL, FULL = (100_000,), (1_000_000,), (1_000_000,)
MOST_SECONDS = 0.3
LEAST_ROWS = 50_000  # a second
PAGE = 2_000  # readers a transaction
TIMES = 3  # the best of so many


def run(folder: Path) -> Iterator[Line]:
    for readers in sizes(QUICK, USUAL, FULL):
        with server() as running:
            if running is None:
                return
            with installed(folder, running.url) as app:
                crowd(app, readers)
                yield from _measured(app, readers)


def _measured(app: App, readers: int) -> Iterator[Line]:
    name = f"PostgreSQL, {readers:,} readers"
    with app.db.read() as session:
        widest = _widest(session)
        took = []
        for _ in range(TIMES):
            with timed() as watch:
                found = audience(session, widest, NOW)
            took.append(watch.wall)
    assert len(found) > readers // 100, len(found)
    yield Line(f"{name}: the audience of {len(found):,}", min(took), "s", most=MOST_SECONDS)
    for sessions in (1, 2):
        rows = _written(app, found, sessions)
        what = f"{name}: Deliveries written over {sessions}"
        yield Line(what, rows, "/s", least=LEAST_ROWS if sessions == 2 else None)


def _widest(session: Session) -> Candidate:
    """The Event that touches the most Interests."""
    candidates = events.candidates(session, 0, newest_seq(session))
    return max(candidates, key=lambda one: len(one.reach))


def _written(app: App, found: Sequence[int], sessions: int) -> float:
    """Rows a second, of an alert of its own."""
    content = EditionContent(
        kind=EditionKind.ALERT, day=NOW.date(), at=NOW + timedelta(seconds=sessions)
    )
    with app.db.begin() as session:
        (number,) = editions.save(session, [content], {}, NOW)
    told = {
        "edition_id": number,
        "slot": f"alert:{sessions}",
        "priority": ALERTS,
        "not_before": NOW,
        "expires_at": NOW + timedelta(hours=6),
        "created_at": NOW,
    }

    def write(page: Sequence[int]) -> None:
        with app.db.begin() as session:
            spread.deliveries(session, [(told, page)], kind=EditionKind.ALERT)

    begun = time.perf_counter()
    with ThreadPoolExecutor(sessions) as threads:
        list(threads.map(write, chunks(found, PAGE)))
    return len(found) / (time.perf_counter() - begun)
