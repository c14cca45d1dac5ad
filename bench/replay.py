"""Replay: months of digests for thirty readers, planned at every reader's hour, day by day.

What must be true of the ledger afterwards is told by `faults`; what the readers would see is given
by `messages`, to be held to each provider's limits.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from sqlalchemy import select, update

from bench.importing import bring_in
from bench.limits import over
from bench.line import Line, timed
from bench.news import News, news
from bench.size import is_quick
from bench.stage import installed
from bench.world import HOUR, ZONES, people
from digest.channels.base import Message
from digest.clock import instant_of, zone
from digest.models import Delivery, Item, Slot, Subscriber
from digest.models.content import EditionContent
from digest.models.words import DeliveryState, EditionKind, Outcome
from digest.services.app import App
from digest.services.run import plan
from digest.services.sending.parcels import parcels
from digest.store.contents import Contents
from digest.store.deliveries import Claimed

READERS = 30
QUICK_DAYS = 30
CPU_SECONDS = 0.4  # of planning, for a day
BATCH = 200


def run(folder: Path) -> Iterator[Line]:
    found = news()
    if is_quick():
        found = found.until(found.first + timedelta(days=QUICK_DAYS - 1))._replace(days=QUICK_DAYS)
    with installed(folder) as app:
        people(app, READERS, datetime.combine(found.first, HOUR, UTC))
        replayed = replay(app, found, found.first, found.days)
        yield Line(f"days replayed, {found.words}", found.days)
        for outcome, count in sorted(replayed.outcomes.items()):
            yield Line(f"digests, {outcome}", count)
        a_day = replayed.cpu / found.days
        yield Line("planning a day, processor", a_day, "s", most=CPU_SECONDS)
        yield Line("faults in the ledger", len(_told(faults(app, found.first, found.days))), most=0)
        sent = 0
        wrong: list[str] = []
        with timed() as watch:
            for message, content in messages(app):
                sent += 1
                wrong += over(app.channels[message.channel], message, content)
        yield Line("messages rendered", sent)
        yield Line("rendering and checking, a message", 1_000 * watch.cpu / max(sent, 1), "ms")
        yield Line("messages over a limit", len(_told(wrong)), most=0)


def _told(wrong: Sequence[str]) -> Sequence[str]:
    for one in wrong[:10]:
        print(f"  {one}")
    return wrong


@dataclass
class Replayed:
    """How many digests ended in each outcome, and the seconds of processor that planning took."""

    outcomes: Counter[str] = field(default_factory=Counter)
    cpu: float = 0.0


def replay(app: App, found: News, first: date, days: int) -> Replayed:
    """Plans at each zone's hour of each day. News is imported on the day that it is of; what is
    older than `first` is there before."""
    replayed = Replayed()
    there = first - timedelta(days=1)
    _import(app, found.until(there))
    coming = found.after(there)
    for day in (first + timedelta(days=n) for n in range(days)):
        for at in sorted({instant_of(day, HOUR, zone(name)) for name in ZONES}):
            if at.date() > there:
                there = at.date()
                _import(app, coming.until(there))
                coming = coming.after(there)
            with timed() as watch:
                replayed.outcomes.update(plan(app, at).digests)
            replayed.cpu += watch.cpu
            _arrive(app, at)
    return replayed


def _import(app: App, found: News) -> None:
    if found.data and (refused := bring_in(app, found).refused):
        raise ValueError(f"news was refused: {refused}")


def _arrive(app: App, at: datetime) -> None:
    """Takes what was planned for sent: a digest that reaches nobody is told again."""
    with app.db.begin() as session:
        session.execute(
            update(Delivery)
            .where(Delivery.state == DeliveryState.PENDING)
            .values(state=DeliveryState.SENT, sent_at=at, not_before=None)
        )


def faults(app: App, first: date, days: int) -> list[str]:
    """What is not as it must be, one line each:

    one digest a reader and local date, or Nothing with a reason; windows without gap or overlap;
    no Event twice to a reader in the same state; no Item without a reason.
    """
    with app.db.read() as session:
        names = {one.id: one.key for one in session.scalars(select(Subscriber))}
        slots: dict[int, list[Slot]] = defaultdict(list)
        for slot in session.scalars(
            select(Slot).where(Slot.kind == EditionKind.DIGEST).order_by(Slot.key)
        ):
            slots[slot.subscriber_id].append(slot)
        items: dict[int, list[Item]] = defaultdict(list)
        for item in session.scalars(select(Item).order_by(Item.edition_id, Item.position)):
            items[item.edition_id].append(item)
    dates = [(first + timedelta(days=n)).isoformat() for n in range(days)]
    found = [
        f"edition {one.edition_id}, item {one.position}: there is no reason"
        for of_edition in items.values()
        for one in of_edition
        if not one.reasons
    ]
    for subscriber_id, name in names.items():
        mine = slots[subscriber_id]
        found += [f"{name}: {line}" for line in _dates(mine, dates)]
        found += [f"{name}: {line}" for line in _windows(mine)]
        found += [f"{name}: {line}" for line in _repeats(mine, items)]
    return found


def _dates(slots: Sequence[Slot], dates: Sequence[str]) -> Iterator[str]:
    """Where it is already the day before when the first reader joins, that day's may come late."""
    if [slot.key for slot in slots if slot.key >= dates[0]] != list(dates):
        yield f"{len(slots)} digests for {len(dates)} dates"
    for slot in slots:
        told = slot.outcome == Outcome.EDITION and slot.edition_id is not None
        if not told and not (slot.outcome == Outcome.NOTHING and slot.reason):
            yield f"{slot.key} is {slot.outcome}, {slot.reason!r}"


def _windows(slots: Sequence[Slot]) -> Iterator[str]:
    for before, slot in pairwise(slots):
        if slot.window_from != before.window_to:
            yield f"{slot.key} begins at {slot.window_from}, not at {before.window_to}"


def _repeats(slots: Sequence[Slot], items: dict[int, list[Item]]) -> Iterator[str]:
    told: dict[int, tuple[str, str]] = {}
    for slot in slots:
        for item in items.get(slot.edition_id or 0, ()):
            before = told.get(item.event_id)
            if before is not None and before[1] == item.content_hash:
                yield f"event {item.event_id} on {before[0]} and unchanged on {slot.key}"
            told[item.event_id] = (slot.key, item.content_hash)


def messages(app: App) -> Iterator[tuple[Message, EditionContent]]:
    """Every Delivery as its reader would see it, rendered for its own Channel."""
    _ = app.links  # may write its key: before the session
    after, kept = 0, Contents()
    while True:
        with app.db.read() as session:
            rows = session.scalars(
                select(Delivery).where(Delivery.id > after).order_by(Delivery.id).limit(BATCH)
            ).all()
            if not rows:
                return
            claimed = [Claimed.of(row) for row in rows]
            batch = parcels(session, app, claimed, kept, rows[-1].created_at)
        for parcel in batch:
            channel = app.channels[parcel.delivery.channel]
            yield channel.render(parcel.content, parcel.envelope), parcel.content
        after = rows[-1].id
