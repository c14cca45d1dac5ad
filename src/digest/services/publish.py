"""Publish: due Schedules become digests, as Editions with pending Deliveries in one transaction."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from digest.edit import compose
from digest.edit.alerting import quiet_end
from digest.edit.select import Budget, Selection
from digest.edit.select import select as choose
from digest.models import Slot, Subscriber
from digest.models.content import EditionContent
from digest.models.desk import Candidate, Material, Occasion, Reader, Watched
from digest.models.words import EditionKind, Outcome, SubscriberState
from digest.services.app import App
from digest.services.occasions import Due, due_dates, missed
from digest.services.rows import delivery_rows, slot_row
from digest.store import editions, events, readers, scenarios
from digest.store.readers import Account

BATCH = 500
FAR_AHEAD = timedelta(days=15)  # nobody's next digest is further away: a clock went backwards
DIGEST_EXPIRES = timedelta(hours=24)
ADMIN_SEES = 7  # missed dates that are listed one by one
CATCH_UP_DAYS = 1


@dataclass(frozen=True, slots=True)
class Task:
    """One Subscriber whose digest is due, with the window it covers."""

    account: Account
    due: Due
    window_from: int | None
    last_day: date | None
    last_at: datetime | None


def publish(
    app: App, now: datetime, progress: Callable[[int], None] = lambda done: None
) -> Counter[str]:
    """Plans every digest that is due at `now`; returns how many Slots ended in each outcome."""
    done: Counter[str] = Counter()
    with app.db.begin() as session:
        events.make_visible(session, now)
    after = 0
    while True:
        with app.db.begin() as session:
            ids = due_subscribers(session, now, after)
            if not ids:
                return done
            done.update(_batch(session, app, ids, now))
            after = ids[-1]
        progress(len(ids))


def due_subscribers(session: Session, now: datetime, after: int) -> list[int]:
    """Ids of Subscribers whose hour has come or is not known, in batches by id."""
    active = or_(
        Subscriber.state == SubscriberState.ACTIVE,
        (Subscriber.state == SubscriberState.PAUSED) & (Subscriber.paused_until <= now),
    )
    due = or_(
        Subscriber.next_due_at.is_(None),
        Subscriber.next_due_at <= now,
        Subscriber.next_due_at > now + FAR_AHEAD,
    )
    return list(
        session.scalars(
            select(Subscriber.id)
            .where(active, due, Subscriber.id > after)
            .order_by(Subscriber.id)
            .limit(BATCH)
        )
    )


def _batch(session: Session, app: App, ids: Sequence[int], now: datetime) -> Counter[str]:
    known = readers.accounts(session, ids, now)
    latest = last_digests(session, ids)
    tasks: list[Task] = []
    rows: list[dict[str, Any]] = []
    coming: dict[int, datetime | None] = {}
    for account in known:
        due, following = due_dates(account.schedule, now)
        coming[account.subscriber.id] = following.at if following else None
        last = latest.get(account.subscriber.id)
        if due is None or (last is not None and date.fromisoformat(last.key) >= due.day):
            continue
        task = Task(
            account,
            due,
            last.window_to if last else None,
            date.fromisoformat(last.key) if last else None,
            last.due_at if last else None,
        )
        if now - due.at > timedelta(hours=app.settings.late_hours):
            if last is not None:
                rows.append(_folded(task, due.day, now))
            continue
        tasks.append(task)
    outcome = _plan(session, app, tasks, now, rows)
    _set_next(session, coming)
    return outcome


def last_digests(session: Session, subscriber_ids: Sequence[int]) -> dict[int, Slot]:
    """The newest digest Slot of each Subscriber that covers a window."""
    newest = (
        select(Slot.subscriber_id, func.max(Slot.key).label("key"))
        .where(
            Slot.subscriber_id.in_(subscriber_ids),
            Slot.kind == EditionKind.DIGEST,
            Slot.window_to.is_not(None),
        )
        .group_by(Slot.subscriber_id)
        .subquery()
    )
    rows = session.scalars(
        select(Slot).join(
            newest,
            (Slot.subscriber_id == newest.c.subscriber_id)
            & (Slot.key == newest.c.key)
            & (Slot.kind == EditionKind.DIGEST),
        )
    )
    return {row.subscriber_id: row for row in rows}


def _folded(task: Task, day: date, now: datetime) -> dict[str, Any]:
    return slot_row(
        task.account.subscriber.id,
        EditionKind.DIGEST,
        day.isoformat(),
        due_at=task.due.at,
        planned_at=now,
        outcome=Outcome.FOLDED,
        rule="missed",
        reason="missed; its events are in the next digest",
    )


def _plan(
    session: Session, app: App, tasks: Sequence[Task], now: datetime, rows: list[dict[str, Any]]
) -> Counter[str]:
    """Selects once for readers who would get the same, and writes all rows."""
    if not tasks:
        editions.add_slots(session, rows)
        return Counter(row["outcome"] for row in rows)
    desk = Desk.load(session, app, tasks, now)
    places = readers.destinations(
        session, [task.account.subscriber.id for task in tasks], EditionKind.DIGEST
    )
    deliveries: list[dict[str, Any]] = []
    shared: dict[object, tuple[EditionContent | None, Selection, int | None]] = {}
    for task, reader in zip(tasks, desk.readers, strict=True):
        key = desk.signature(task, reader)
        if key not in shared:
            content, selection = desk.compose(task, reader)
            edition_id = (
                editions.save(session, content, desk.hashes, now) if content is not None else None
            )
            shared[key] = (content, selection, edition_id)
        content, selection, edition_id = shared[key]
        rows.extend(_missed_rows(task, now))
        rows.append(_digest_slot(task, desk, selection, edition_id, now))
        if edition_id is not None:
            held = quiet_end(reader, now) if desk.late(task) else None
            deliveries += delivery_rows(
                places.get(task.account.subscriber.id, ()),
                edition_id,
                slot=f"digest:{task.due.day}",
                priority=0,
                now=now,
                not_before=held or now,
                expires_at=now + DIGEST_EXPIRES,
            )
    fresh = editions.add_slots(session, rows)
    known = {(subscriber_id, f"{kind}:{key}") for subscriber_id, kind, key in fresh}
    editions.add_deliveries(
        session, [row for row in deliveries if (row["subscriber_id"], row["slot"]) in known]
    )
    return Counter(
        row["outcome"] for row in rows if (row["subscriber_id"], row["kind"], row["key"]) in fresh
    )


def _missed_rows(task: Task, now: datetime) -> list[dict[str, Any]]:
    if task.last_day is None:
        return []
    days = missed(task.account.schedule, task.last_day, task.due.day, ADMIN_SEES)
    return [_folded(task, day, now) for day in days]


def _digest_slot(
    task: Task, desk: "Desk", selection: Selection, edition_id: int | None, now: datetime
) -> dict[str, Any]:
    told = edition_id is not None
    reason = f"{selection.matched} matched, {len(selection.chosen)} shown"
    return slot_row(
        task.account.subscriber.id,
        EditionKind.DIGEST,
        task.due.day.isoformat(),
        due_at=task.due.at,
        planned_at=now,
        outcome=Outcome.EDITION if told else Outcome.NOTHING,
        rule="digest" if told else _why_nothing(selection),
        reason=reason if told else f"{selection.matched} matched, {_left_words(selection)}",
        edition_id=edition_id,
        window_from=task.window_from or 0,
        window_to=desk.upto,
        left_out=[[one.event_id, one.revision, rule] for one, rule in selection.left_out],
    )


def _why_nothing(selection: Selection) -> str:
    return "nothing_new" if selection.left_out else "nothing_matched"


def _left_words(selection: Selection) -> str:
    counts = Counter(rule for _, rule in selection.left_out)
    return ", ".join(f"{n} {rule.replace('_', ' ')}" for rule, n in counts.most_common()) or "none"


def _set_next(session: Session, coming: Mapping[int, datetime | None]) -> None:
    by_instant: dict[datetime | None, list[int]] = defaultdict(list)
    for subscriber_id, at in coming.items():
        by_instant[at].append(subscriber_id)
    for at, ids in by_instant.items():
        session.execute(
            update(Subscriber)
            .where(Subscriber.id.in_(ids))
            .values(next_due_at=at)
            .execution_options(synchronize_session=False)
        )


@dataclass
class Desk:
    """Everything a batch of digests is made from, loaded once."""

    app: App
    now: datetime
    upto: int
    candidates: Sequence[Candidate]
    materials: Mapping[tuple[int, int], Material]
    readers: Sequence[Reader]
    watched: Sequence[Watched]
    hashes: Mapping[tuple[int, int], str]

    @classmethod
    def load(cls, session: Session, app: App, tasks: Sequence[Task], now: datetime) -> "Desk":
        upto = events.newest_seq(session)
        oldest = now - timedelta(days=app.settings.lookback_days)
        first = events.newest_seq(session, oldest)  # where a first digest begins to look
        after = min(first if task.window_from is None else task.window_from for task in tasks)
        found = events.candidates(session, after, upto)
        people = readers.readers(
            session,
            [task.account for task in tasks],
            now,
            {one.event_id for one in found},
            {one.fact_key for one in found},
        )
        keys = {(one.event_id, one.revision) for one in found}
        keys |= {(m.event_id, m.revision) for reader in people for m in reader.told.values()}
        return cls(
            app,
            now,
            upto,
            found,
            events.materials(session, keys),
            people,
            scenarios.moved_since(session, oldest, now),
            {(one.event_id, one.revision): one.content_hash for one in found},
        )

    def window(self, task: Task) -> tuple[int, datetime]:
        """(first seq not in it, instant after which an Event must have become visible)."""
        days = self.app.settings.lookback_days if task.window_from is not None else CATCH_UP_DAYS
        span = timedelta(days=max(days, 7 if len(task.account.schedule.weekdays) == 1 else days))
        return task.window_from or 0, self.now - span

    def late(self, task: Task) -> bool:
        """Whether the reader should be told that this comes after its hour."""
        return self.now - task.due.at > timedelta(minutes=30)

    def signature(self, task: Task, reader: Reader) -> object:
        """Equal for readers who get the same digest: same follows, memory, window and frame."""
        return (
            reader.follows,
            reader.locale,
            task.account.schedule.zone,
            task.account.schedule.when_nothing,
            task.account.list_name,
            task.due,
            task.window_from,
            task.last_day,
            tuple(sorted((m.event_id, m.revision, m.kind, m.at) for m in reader.told.values())),
        )

    def compose(self, task: Task, reader: Reader) -> tuple[EditionContent | None, Selection]:
        after, visible_after = self.window(task)
        pool = [
            one
            for one in self.candidates
            if one.seq > after and (one.visible_at > visible_after or one.event_id in reader.told)
        ]
        budget = Budget(items=self.app.settings.digest_items)
        selection = choose(pool, reader, self.now, budget)
        content = compose.digest(
            selection, reader, self.materials, self.occasion(task), self._moved(task)
        )
        if content.items or content.watch:
            return content, selection
        if task.account.schedule.when_nothing == "line":
            return replace_quiet(content, selection), selection
        return None, selection

    def _moved(self, task: Task) -> list[Watched]:
        since = self._covers_from(task)
        return [one for one in self.watched if one.moved_at > since]

    def _covers_from(self, task: Task) -> datetime:
        return task.last_at or self.now - timedelta(days=CATCH_UP_DAYS)

    def occasion(self, task: Task) -> Occasion:
        return Occasion(
            at=task.due.at if not self.late(task) else self.now,
            day=task.due.day,
            zone=task.account.schedule.zone,
            covers_from=self._covers_from(task),
            covers_to=task.due.at if not self.late(task) else self.now,
            late=self.late(task),
            catch_up=bool(_missed_rows(task, self.now)),
            list_name=task.account.list_name or self.app.settings.product_name,
        )


def replace_quiet(content: EditionContent, selection: Selection) -> EditionContent:
    """The Edition of a quiet day, for a reader who wants a line all the same."""
    return content.model_copy(update={"quiet": str(selection.matched)})
