"""Plans: how PostgreSQL answers what planning asks it, among a million readers who follow five
million things. `python -m bench.plans [READERS] > docs/scale-plans.md`.

Only statements that run once a page of readers, or once a tick, are among them. What they write is
rolled back.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from bench.crowd import NOW, crowd
from bench.planning import MILLION
from bench.server import server
from bench.stage import installed
from digest.services.app import App
from digest.services.planning import publish
from digest.services.planning.audience import audience
from digest.services.planning.digests import Desk
from digest.services.planning.groups import Groups
from digest.store import due, events
from digest.store.visibility import newest_seq

# What a statement has in it -> what it is asked for; in the order in which they are told.
ASKED = {
    "row_number() OVER": "where those who are due are divided into shards, once a tick",
    "FROM subscribers \nWHERE (subscribers.state": "whose digests are due, once a shard",
    "FOR UPDATE SKIP LOCKED": "those of a page are taken in hand",
    "(SELECT destinations.id": "what a page of readers asked for",
    "WITH told AS": "what a page of readers was told",
    "SELECT DISTINCT deliveries.subscriber_id": "what still waits for a page of readers",
    "INSERT INTO slots": "Slots are written",
    "INSERT INTO deliveries": "Deliveries are written",
    "UPDATE subscribers": "the next hours are written",
}
AUDIENCE = "the audience of an Event that touches much"
LONG = 160  # characters of a line that are shown: lists of ids are long


def main(readers: int) -> None:
    with TemporaryDirectory() as folder, server() as running:
        assert running is not None, "PostgreSQL is not installed"
        with installed(Path(folder), running.url) as app:
            crowd(app, readers)
            print(HEAD.format(readers=readers))
            _explain(app)


HEAD = """# Query plans at scale

What planning asks of PostgreSQL 15, with EXPLAIN (ANALYZE, BUFFERS), among {readers:,} Subscribers
with five Follows each. A page is 2,000 readers. Made by `python -m bench.plans`; make it anew when
these statements change. Lists of ids are cut short."""


def _explain(app: App) -> None:
    with noted(app) as found:
        with app.db.read() as session:
            ids = due.between(session, NOW, *_first_shard(session))[: publish.PAGE]
        try:
            with app.db.begin() as session:
                mine = due.in_hand(session, ids, NOW)
                groups = Groups(app, NOW, Desk.begin(session, app, NOW))
                publish._planned(session, groups, mine, fault=False)
                raise InterruptedError
        except InterruptedError:
            pass
        with app.db.read() as session:
            candidates = events.candidates(session, 0, newest_seq(session))
            widest = max(candidates, key=lambda one: len(one.reach))
            audience(session, widest, NOW)
            begin = time.perf_counter()
            reached = audience(session, widest, NOW)
            taken = time.perf_counter() - begin
    for mark, what in ASKED.items():
        if mark in found:
            print(f"\n## {what[0].upper()}{what[1:]}\n\n```\n{found[mark]}\n```")
    print(f"\n## {AUDIENCE[0].upper()}{AUDIENCE[1:]}\n")
    print(f"{len(reached):,} readers, found in {1000 * taken:,.0f} ms.\n")
    print(f"```\n{found['audience']}\n```")


def _first_shard(session: Session) -> tuple[due.Place | None, due.Place | None]:
    places = due.divided(session, NOW, publish.SHARD)
    return (places[0], places[1]) if len(places) > 1 else (None, None)


@contextmanager
def noted(app: App) -> Iterator[dict[str, str]]:
    """The plans of the statements of ASKED, each of the first time it is asked."""
    found: dict[str, str] = {}
    asking = False

    def note(connection: Any, _: Any, statement: str, parameters: Any, *__: Any) -> None:
        nonlocal asking
        mark = next((one for one in ASKED if one in statement and one not in found), None)
        if mark is None and "UNION" in statement and "follows" in statement:
            mark = "audience"
        if asking or mark is None or mark in found or isinstance(parameters, list):
            return
        asking = True
        writes = statement.startswith(("INSERT", "UPDATE"))  # who only reads is in no transaction
        if writes:
            connection.exec_driver_sql("SAVEPOINT plan")
        rows = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters)
        found[mark] = "\n".join(row[0][:LONG] for row in rows)
        if writes:
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT plan")
        asking = False

    event.listen(app.db.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(app.db.engine, "before_cursor_execute", note)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else MILLION)
