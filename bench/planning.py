"""Planning: digests for ten times as many readers must take ten times as long, and no more room.

Each size is planned by a process of its own, so that its memory is its own, too.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryDirectory
from threading import Barrier

from sqlalchemy import func, select, text

from bench.crowd import NOW, crowd
from bench.line import Line, timed
from bench.production import POSTGRESQL, SQLITE, peak
from bench.server import Server, server
from bench.size import sizes
from bench.stage import installed, opened
from digest.models import Slot
from digest.process import collect_seldom
from digest.services.app import App
from digest.services.planning.publish import Shard, plan_shard, shards

QUICK, USUAL, FULL = (2_000, 20_000), (10_000, 100_000), (1_000, 10_000, 100_000, 1_000_000)
MILLION = 1_000_000
MOST_ON_SQLITE = 100_000  # readers: more want several processes
PATIENCE = 300.0  # seconds until a planner is there
# Milliseconds of processor a reader, with that of the database: so much have two cores that plan a
# million in three minutes.
MOST_CPU = 0.36
MOST_ROOM = 300.0  # MB
MOST_GROWTH = 1.05  # of seconds a reader, from one size to ten times that
BIG = 10_000  # readers; among fewer, what is done once is most of it
MOST_SECONDS = 180.0  # for a million


# Planning it -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Planned:
    """Seconds, seconds of processor of all that took part, MB of the largest planner."""

    wall: float
    cpu: float
    room: float
    slots: int
    stored: int = 0  # bytes by which the database grew


def planned(app: App, planners: int, taken: Server | None) -> Planned:
    """All that is due, by as many processes, which are there already."""
    url = app.db.url.render_as_string(hide_password=False)
    work: SimpleQueue[Shard] = SimpleQueue()
    step = Barrier(planners + 1, timeout=PATIENCE)  # all are there; all shards are
    with ThreadPoolExecutor(planners) as threads:
        found = [threads.submit(_planner, url, work, step) for _ in range(planners)]
        step.wait()
        before = taken.cpu() if taken else 0.0
        begin = time.perf_counter()
        with timed() as watch:
            for shard in shards(app, NOW):
                work.put(shard)
        step.wait()
        said = [one.result() for one in found]
    return Planned(
        max(one["ended"] for one in said) - begin,
        watch.cpu + sum(one["cpu"] for one in said) + (taken.cpu() - before if taken else 0.0),
        max(one["room"] for one in said),
        int(sum(one["slots"] for one in said)),
    )


def _planner(url: str, work: "SimpleQueue[Shard]", step: Barrier) -> dict[str, float]:
    """Gives one process a shard after the other, and ends it when there is none left."""
    command = [sys.executable, "-m", "bench.planning", url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline(), "a planner could not begin"
        step.wait()
        step.wait()
        while True:
            try:
                shard = work.get_nowait()
            except Empty:
                break
            process.stdin.write(json.dumps(shard.as_json()) + "\n")
            process.stdin.flush()
            process.stdout.readline()
        ended = time.perf_counter()
        process.stdin.close()
        said: dict[str, float] = json.loads(process.stdout.read())
    return said | {"ended": ended}


def planner(url: str) -> None:
    """Plans the shards that come in, a line each, and says at the end what that took."""
    done = 0
    with opened(url) as app:
        collect_seldom()  # as `digest worker` does
        begin = time.process_time()
        print("ready", flush=True)
        for line in sys.stdin:
            done += sum(plan_shard(app, NOW, Shard.of_json(json.loads(line))).values())
            print("done", flush=True)
        cpu = time.process_time() - begin
    print(json.dumps({"cpu": cpu, "room": peak(), "slots": done}), flush=True)


# Lines -------------------------------------------------------------------------------------


def run(folder: Path) -> Iterator[Line]:
    """On PostgreSQL with two planners, on SQLite with one, of fewer readers. BENCH_READERS names
    other sizes."""
    for database, planners in ((POSTGRESQL, 2), (SQLITE, 1)):
        before: tuple[int, Planned] | None = None
        for readers in sizes(QUICK, USUAL, FULL):
            if database == SQLITE and readers > MOST_ON_SQLITE:
                break
            with TemporaryDirectory(dir=folder) as place:
                found = _measured(Path(place), database, readers, planners)
            if found is None:
                break
            name = f"{database}, {readers:,}"
            yield Line(
                f"{name} readers planned",
                found.wall,
                "s",
                most=MOST_SECONDS * readers / MILLION if readers >= MILLION else None,
                cpu=1e3 * found.cpu / readers,
                most_cpu=MOST_CPU,
                room=found.room,
                most_room=MOST_ROOM,
                readers=readers,
            )
            yield Line(f"{name}: stored for a reader's digest", found.stored / readers, "B")
            if before is not None:
                growth = (found.wall / readers) / (before[1].wall / before[0])
                most = MOST_GROWTH if before[0] >= BIG else None
                yield Line(f"{name}: time a reader, of that before", growth, most=most)
            before = readers, found


def _measured(folder: Path, database: str, readers: int, planners: int) -> Planned | None:
    if database == SQLITE:
        with installed(folder) as app:
            crowd(app, readers)
            return _all(app, readers, planners, None)
    with server() as running:
        if running is None:
            return None
        with installed(folder, running.url) as app:
            crowd(app, readers)
            return _all(app, readers, planners, running)


def _all(app: App, readers: int, planners: int, taken: Server | None) -> Planned:
    before = _stored(app)
    found = planned(app, planners, taken)
    with app.db.read() as session:
        slots = session.scalar(select(func.count()).where(Slot.planned_at == NOW))
    assert found.slots == slots == readers, (found.slots, slots)
    return replace(found, stored=_stored(app) - before)


def _stored(app: App) -> int:
    """Bytes of the database, with its indexes."""
    pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    asked = pages if app.db.is_sqlite else "SELECT pg_database_size(current_database())"
    with app.db.read() as session:
        return int(session.scalar(text(asked)) or 0)


if __name__ == "__main__":
    planner(sys.argv[1])
