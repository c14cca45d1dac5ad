"""The play: the news of five days, two mornings of digests, a breaking alert, its correction."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select

from digest import samples
from digest.clock import ticking_from
from digest.demo.stage import Stage
from digest.formats import Entry
from digest.models import Delivery
from digest.models.record import EventRecord
from digest.models.words import DeliveryState
from digest.render.environment import built_in_folder
from digest.services.news.ingest import Summary, ingest
from digest.services.run import Report, run
from digest.services.subscribers.sync import sync

DAYS_BEFORE = 1  # mornings that are played before the demo's own day
MINUTE = timedelta(minutes=1)
AFTERNOON = (
    ("a breaking event", samples.breaking),
    ("its update", samples.update),
    ("its correction", samples.correction),
    ("the inspection it overtook", samples.overtaken),
)


@dataclass
class Programme:
    """What was played, and what came of it."""

    day: date
    events: Summary = field(default_factory=Summary)
    reports: list[Report] = field(default_factory=list)

    @property
    def deliveries(self) -> Counter[tuple[str, str, str]]:
        """By kind, Channel and state; what is tried again later counts where it ended."""
        total: Counter[tuple[str, str, str]] = Counter()
        for report in self.reports:
            for (kind, channel, state), count in report.deliveries.items():
                if state != DeliveryState.RETRY:
                    total[kind, channel, state] += count
        return total


@dataclass(frozen=True, slots=True)
class Scene:
    """One instant of the play; `record` becomes known then, or nothing new does."""

    at: datetime
    what: str
    record: EventRecord | None = None


def scenes(day: date) -> list[Scene]:
    """Every full hour from the first morning to the end of `day`, and the afternoon's alert."""
    start = datetime.combine(day - timedelta(days=DAYS_BEFORE), time(1), tzinfo=UTC)
    end = datetime.combine(day, time(23, 30), tzinfo=UTC)
    found = []
    at = start
    while at <= end:
        found.append(Scene(at, f"{at:%a %H:%M} UTC"))
        at += timedelta(minutes=30)
    for what, make in AFTERNOON:
        record = make(day)
        assert record.visible_at is not None
        found.append(Scene(record.visible_at + MINUTE / 2, what, record))
    return sorted(found, key=lambda scene: scene.at)


async def play(
    stage: Stage, day: date, progress: Callable[[str, int, int], None] = lambda *_: None
) -> Programme:
    """Plays everything on a clock of its own; `progress` gets (what, done, of how many)."""
    app = stage.app
    programme = Programme(day)
    written = samples.records(day)
    every = scenes(day)
    sync(app, built_in_folder("subscribers"), every[0].at)
    known = 0
    for place, scene in enumerate(every):
        ready = [r for r in written[known:] if samples.written_at(r) <= scene.at]
        known += len(ready)
        if scene.record is not None:
            ready.append(scene.record)
        if ready:
            programme.events.add(ingest(app, _entries(ready), scene.at))
        programme.reports.append(await _run(stage, scene.at))
        progress(scene.what, place + 1, len(every))
    for channel in app.channels.values():
        await channel.close()
    return programme


def _entries(records: list[EventRecord]) -> Iterator[Entry]:
    for place, record in enumerate(records, start=1):
        yield Entry(f"record {place}", record)


async def _run(stage: Stage, at: datetime) -> Report:
    return await run(stage.app, at, ticking_from(at))


def faults(stage: Stage, programme: Programme) -> list[str]:
    """What went wrong, in words; empty when all went well."""
    found = [f"{r.place}: {r.reason}" for r in programme.events.refused]
    with stage.app.db.read() as session:
        others = session.scalars(select(Delivery).where(Delivery.state != DeliveryState.SENT)).all()
    found += [
        f"{one.slot} over {one.channel} ended as {one.state} ({one.reason}: {one.detail})"
        for one in others
    ]
    if not programme.deliveries:
        found.append("nothing was sent")
    if not stage.messages:
        found.append("no message arrived")
    kinds = {kind for kind, _, _ in programme.deliveries}
    found += [f"no {kind} was sent" for kind in ("digest", "alert") if kind not in kinds]
    channels = {channel for _, channel, _ in programme.deliveries}
    silent = [name for name in stage.app.channels if name not in channels]
    found += [f"nothing was sent over {name}" for name in silent]
    return found
