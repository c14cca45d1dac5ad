"""Planning: digests for ten times as many readers must take ten times as long, and no more room.

Readers are made by the database itself. Twenty ask for each of many different things; everybody had
a digest yesterday, which told them some of yesterday's news, and today there are sixty events.
Each size is planned by a process of its own, so that its memory is its own, too.
"""

import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from bench.line import Line, timed
from bench.server import Server, server
from bench.stage import installed, opened
from digest.formats.entry import Entry
from digest.models import Interest, Item, Revision, Slot
from digest.models.content import EditionContent
from digest.models.record import EventRecord
from digest.models.words import EditionKind
from digest.services.app import App
from digest.services.news.ingest import ingest
from digest.services.planning.publish import Shard, plan_shard, shards
from digest.services.visible import make_visible
from digest.store import editions
from digest.store.visibility import newest_seq

SIZES = (10_000, 100_000)
MILLION = 1_000_000
ALIKE = 20  # readers of each kind
FOLLOWS = 5
EVENTS = 60
BEFORE = 20
ROLES = ("primary", "secondary", *["mentioned"] * 4)
NOW = datetime(2026, 3, 5, 7, tzinfo=UTC)
YESTERDAY = NOW - timedelta(days=1)

MOST_CPU = 250.0  # microseconds of processor a reader, with that of the database
MOST_ROOM = 300.0  # MB
MOST_GROWTH = 1.05  # of seconds a reader, from one size to ten times that
MOST_SECONDS = 180.0  # for a million


def world(app: App, readers: int) -> None:
    """`readers` of `readers / ALIKE` kinds, with FOLLOWS Follows and a mailbox each, who had
    yesterday's digest; and today's news, not yet planned."""
    kinds = max(1, readers // ALIKE)
    with app.db.begin() as session:
        ids = sorted(session.scalars(select(Interest.id)))
        _readers(session, readers)
        _follows(session, readers, kinds, ids)
    _news(app, "before", YESTERDAY - timedelta(hours=8), BEFORE)
    with app.db.begin() as session:
        make_visible(session, YESTERDAY)
        _yesterday(session, readers, kinds)
    _news(app, "today", NOW - timedelta(hours=20), EVENTS)
    with app.db.begin() as session:
        make_visible(session, NOW)
    if not app.db.is_sqlite:
        with app.db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as raw:
            raw.execute(text("VACUUM ANALYZE"))


def _yesterday(session: Session, readers: int, kinds: int) -> None:
    """Each kind has an Edition with three of the day's Events, which its readers were sent."""
    told = select(Revision.event_id, Revision.content_hash).order_by(Revision.event_id)
    events = session.execute(told).all()
    contents = [
        EditionContent(kind=EditionKind.DIGEST, day=YESTERDAY.date(), at=YESTERDAY, matched=n)
        for n in range(kinds)
    ]
    first = editions.save(session, contents, {}, YESTERDAY)[0]
    items = [
        {
            "edition_id": first + kind,
            "position": place,
            "event_id": events[(kind + place) % len(events)].event_id,
            "revision": 1,
            "section": "item",
            "content_hash": events[(kind + place) % len(events)].content_hash,
            "reasons": [],
        }
        for kind in range(kinds)
        for place in range(3)
    ]
    session.execute(insert(Item), items)
    numbers = _numbers(session, readers)
    asked = {"at": stored(session, YESTERDAY), "day": str(YESTERDAY.date()), "first": first}
    asked |= {"seq": newest_seq(session), "kinds": kinds, "slot": f"digest:{YESTERDAY.date()}"}
    session.execute(
        text(
            "INSERT INTO slots (subscriber_id, kind, key, due_at, planned_at, outcome, rule,"
            " reason, edition_id, window_from, window_to, left_out)"
            " SELECT n, 'digest', :day, :at, :at, 'edition', 'digest', '3 matched, 3 shown',"
            f" :first + n % :kinds, 0, :seq, '[]' FROM {numbers}"
        ),
        asked,
    )
    session.execute(
        text(
            "INSERT INTO deliveries (edition_id, subscriber_id, destination_id, channel, slot,"
            " priority, state, attempts, unanswered, expires_at, created_at, sent_at)"
            " SELECT :first + n % :kinds, n, n, 'email', :slot, 0, 'sent', 1, 0, :at, :at, :at"
            f" FROM {numbers}"
        ),
        asked,
    )


def stored(session: Session, at: datetime) -> Any:
    """An instant as a statement without types takes it."""
    sqlite = session.get_bind().dialect.name == "sqlite"
    return at.strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else at


def _numbers(session: Session, upto: int) -> str:
    if session.get_bind().dialect.name == "postgresql":
        return f"generate_series(1, {upto}) AS n"
    return (
        f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {upto})"
        " SELECT n FROM c) AS numbers"
    )


def _readers(session: Session, readers: int) -> None:
    numbers = _numbers(session, readers)
    false = "false" if session.get_bind().dialect.name == "postgresql" else "0"
    at = "'2026-03-01 00:00:00.000000'"
    session.execute(
        text(
            "INSERT INTO subscribers"
            " (id, key, name, kind, locale, state, from_files, token_version)"
            f" SELECT n, 'r' || n, 'Reader', 'person', 'en', 'active', {false}, 0 FROM {numbers}"
        )
    )
    session.execute(
        text(
            "INSERT INTO destinations"
            " (subscriber_id, channel, address, kinds, verified_at, from_files)"
            " SELECT n, 'email', 'r' || n || '@example.org', '[\"digest\", \"alert\"]',"
            f" {at}, {false} FROM {numbers}"
        )
    )
    session.execute(
        text(
            "INSERT INTO schedules (subscriber_id, cadence, at, zone, weekdays,"
            " alerts_per_quarter_hour, alerts_per_hour, alerts_per_day, when_nothing, from_files)"
            " SELECT n, 'daily', '07:00:00.000000', 'UTC', '[0, 1, 2, 3, 4, 5, 6]', 3, 6, 12,"
            f" 'skip', {false} FROM {numbers}"
        )
    )


def _follows(session: Session, readers: int, kinds: int, ids: Sequence[int]) -> None:
    """Every kind follows other Interests: the numbers of a kind are digits of it."""
    numbers = _numbers(session, readers)
    false = "false" if session.get_bind().dialect.name == "postgresql" else "0"
    session.execute(text("CREATE TEMP TABLE places (place INTEGER PRIMARY KEY, interest BIGINT)"))
    session.execute(
        text("INSERT INTO places VALUES (:place, :interest)"),
        [{"place": place, "interest": one} for place, one in enumerate(ids)],
    )
    part = len(ids) // FOLLOWS
    each = " UNION ALL ".join(
        f"SELECT {n} AS digit, {power} AS power"
        for n, power in enumerate((1, part, part * 7 + 1, part * 3 + 1, 11))
    )
    session.execute(
        text(
            "INSERT INTO follows (subscriber_id, interest_id, position, weight, breaking_only,"
            f" muted, from_files) SELECT n, interest, digit, 0.45, {false}, {false}, {false}"
            f" FROM {numbers} CROSS JOIN ({each}) AS digits"
            f" JOIN places ON place = digit * {part} + ((n % {kinds}) / power) % {part}"
            " ORDER BY n, digit"
        )
    )
    session.execute(text("DROP TABLE places"))


def _news(app: App, name: str, begin: datetime, count: int) -> None:
    dice = random.Random(name)
    with app.db.read() as session:
        names = session.scalars(select(Interest.name).order_by(Interest.id)).all()
    entries = []
    for number in range(count):
        at = begin + timedelta(minutes=number * 15)
        record = EventRecord.model_validate(
            {
                "id": f"{name}-{number}",
                "headline": f"Pilots stop work in the strait for the {number}th time {name}",
                "standfirst": f"The ministry says so, {number} hours after the talks.",
                "body": ["Ships wait off the coast of the islands. Talks go on."] * 3,
                "severity": dice.choice((2, 2, 3, 3, 3, 4)),
                "visible_at": at,
                "reported_at": at,
                "story": {"title": f"Story {number % 12}", "slug": f"story-{number % 12}"},
                "interests": [
                    {"name": one, "role": role}
                    for one, role in zip(
                        dice.sample(names, 6),
                        ("primary", "secondary", *["mentioned"] * 4),
                        strict=True,
                    )
                ],
                "sources": [{"publisher": f"Publisher {n}"} for n in range(3)],
                "assertions": [
                    {
                        "kind": "risk",
                        "text": f"Scenario {n} of {name} {number}.",
                        "horizon": "short",
                    }
                    for n in range(3)
                ],
            }
        )
        entries.append(Entry("bench", record))
    refused = ingest(app, entries, begin + timedelta(minutes=count * 15)).refused
    assert not refused, refused


# Planning it -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """Seconds, seconds of processor of all that took part, MB of the largest planner."""

    wall: float
    cpu: float
    room: float
    slots: int


def planned(app: App, planners: int, taken: Server | None) -> Planned:
    """All that is due, by as many processes."""
    before = taken.cpu() if taken else 0.0
    begin = time.perf_counter()
    with timed() as watch:
        work: SimpleQueue[Shard] = SimpleQueue()
        for shard in shards(app, NOW):
            work.put(shard)
    url = app.db.url.render_as_string(hide_password=False)
    with ThreadPoolExecutor(planners) as threads:
        said = list(threads.map(lambda _: _planner(url, work), range(planners)))
    return Planned(
        time.perf_counter() - begin,
        watch.cpu + sum(one["cpu"] for one in said) + (taken.cpu() - before if taken else 0.0),
        max(one["room"] for one in said),
        sum(one["slots"] for one in said),
    )


def _planner(url: str, work: "SimpleQueue[Shard]") -> dict[str, float]:
    """Gives one process a shard after the other, and ends it when there is none left."""
    command = [sys.executable, "-m", "bench.planning", url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        while True:
            try:
                shard = work.get_nowait()
            except Empty:
                break
            process.stdin.write(json.dumps(shard.as_json()) + "\n")
            process.stdin.flush()
            process.stdout.readline()
        process.stdin.close()
        said: dict[str, float] = json.loads(process.stdout.read())
    return said


def planner(url: str) -> None:
    """Plans the shards that come in, a line each, and says at the end what that took."""
    done = 0
    with opened(url) as app:
        begin = time.process_time()
        for line in sys.stdin:
            done += sum(plan_shard(app, NOW, Shard.of_json(json.loads(line))).values())
            print("done", flush=True)
        cpu = time.process_time() - begin
    room = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": cpu, "room": room, "slots": done}), flush=True)


# Lines -------------------------------------------------------------------------------------


def run(folder: Path) -> Iterator[Line]:
    """On PostgreSQL with two planners, on SQLite with one. BENCH_READERS names other sizes."""
    sizes = [int(one) for one in os.environ.get("BENCH_READERS", "").split()] or SIZES
    for database, planners in (("PostgreSQL", 2), ("SQLite", 1)):
        before: tuple[int, Planned] | None = None
        for readers in sizes:
            with TemporaryDirectory(dir=folder) as place:
                found = _measured(Path(place), database, readers, planners)
            if found is None:
                break
            name = f"{database}, {readers:,}"
            yield Line(f"{name}: planned", found.wall, "s", most=_most_seconds(readers))
            yield Line(f"{name}: readers a second", readers / found.wall)
            yield Line(f"{name}: processor a reader", 1e6 * found.cpu / readers, "us", MOST_CPU)
            yield Line(f"{name}: largest planner", found.room, "MB", MOST_ROOM)
            if before is not None:
                growth = (found.wall / readers) / (before[1].wall / before[0])
                yield Line(f"{name}: time a reader, of that before", growth, "", MOST_GROWTH)
            before = readers, found


def _most_seconds(readers: int) -> float | None:
    return MOST_SECONDS if readers >= MILLION else None


def _measured(folder: Path, database: str, readers: int, planners: int) -> Planned | None:
    if database == "SQLite":
        with installed(folder) as app:
            world(app, readers)
            return _all(app, readers, planners, None)
    with server() as running:
        if running is None:
            return None
        with installed(folder, running.url) as app:
            world(app, readers)
            return _all(app, readers, planners, running)


def _all(app: App, readers: int, planners: int, taken: Server | None) -> Planned:
    found = planned(app, planners, taken)
    with app.db.read() as session:
        slots = session.scalar(select(func.count()).where(Slot.planned_at == NOW))
    assert found.slots == slots == readers, (found.slots, slots)
    return found


if __name__ == "__main__":
    planner(sys.argv[1])
