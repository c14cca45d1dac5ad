"""Publish: due Schedules become digests, as Editions with pending Deliveries in one transaction.

No fault with one reader's digest stops the others (`faults`).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from digest.edit.rules import RULES
from digest.edit.select import Selection
from digest.models import Destination, Subscriber
from digest.models.content import EditionContent
from digest.models.desk import Reader
from digest.models.words import EditionKind, Outcome
from digest.services.app import App
from digest.services.planning.digests import Desk, Last, Task, decided_until, last_digests, tasks
from digest.services.planning.faults import apart
from digest.services.planning.occasions import Due, due_dates
from digest.services.planning.rows import delivery_rows, slot_row, store_deliveries
from digest.services.visible import make_visible
from digest.store import editions, readers, waiting_alerts
from digest.store.deliveries import DIGESTS, end_waiting_digests
from digest.store.readers import Account
from digest.store.waiting_alerts import WaitingAlert

BATCH = 500
FAR_AHEAD = timedelta(days=15)  # nobody's next digest is further away: a clock went backwards
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # for who wants no digests; NULL: to be reckoned
DIGEST_EXPIRES = timedelta(hours=24)
LOOK_AGAIN = timedelta(hours=1)
TOLD_WHOLE = ("correction", "lead", "item", "brief")  # sections with all there is to tell now


def publish(
    app: App, now: datetime, progress: Callable[[int], None] = lambda done: None
) -> Counter[str]:
    """Plans every digest that is due at `now`; returns how many Slots ended in each outcome."""
    done: Counter[str] = Counter()
    with app.db.begin() as session:
        make_visible(session, now)
    after = 0
    while True:
        with app.db.read() as session:
            ids = due_subscribers(session, now, after)
        if not ids:
            return done
        made, failed = apart(partial(_made, app, now), ids, "the digest")
        done += made
        if failed:
            done += _given_up(app, now, failed)
        progress(len(ids))
        if len(ids) < BATCH:
            return done
        after = ids[-1]


_IS_DUE = readers.reachable(bindparam("now")) & or_(
    Subscriber.next_due_at.is_(None),
    Subscriber.next_due_at <= bindparam("now"),
    Subscriber.next_due_at.between(bindparam("far"), NEVER - FAR_AHEAD),
)
_DUE = (
    select(Subscriber.id)
    .where(_IS_DUE, Subscriber.id > bindparam("after"))
    .order_by(Subscriber.id)
    .limit(bindparam("most"))
)
_IN_HAND = (
    select(Subscriber.id)
    .where(_IS_DUE, Subscriber.id.in_(bindparam("subscribers", expanding=True)))
    .order_by(Subscriber.id)
    .with_for_update(skip_locked=True)
)


def due_subscribers(
    session: Session, now: datetime, after: int, most: int = BATCH
) -> Sequence[int]:
    """Ids of Subscribers whose hour has come or is not known, in batches by id."""
    asked = {"now": now, "far": now + FAR_AHEAD, "after": after, "most": most}
    return session.scalars(_DUE, asked).all()


def _in_hand(session: Session, ids: Sequence[int], now: datetime) -> Sequence[int]:
    """Those of `ids` that no other planner has in hand; nobody changes their hour while it is
    reckoned here. SQLite has one writer anyway."""
    if session.get_bind().dialect.name != "postgresql":
        return ids
    asked = {"now": now, "far": now + FAR_AHEAD, "subscribers": ids}
    return session.scalars(_IN_HAND, asked).all()


def _made(app: App, now: datetime, ids: Sequence[int], *, fault: bool = False) -> Counter[str]:
    with app.db.begin() as session:
        mine = _in_hand(session, ids, now)
        return _batch(session, app, mine, now, fault=fault) if mine else Counter()


def _given_up(app: App, now: datetime, ids: Sequence[int]) -> Counter[str]:
    """Their Slots say that there was a fault. Of whom not even the hour can be reckoned, that is
    tried again later."""
    done, hopeless = apart(partial(_made, app, now, fault=True), ids, "the slot of the digest")
    with app.db.begin() as session:
        _set_next(session, dict.fromkeys(hopeless, now + LOOK_AGAIN))
    return done


def _batch(
    session: Session, app: App, ids: Sequence[int], now: datetime, *, fault: bool
) -> Counter[str]:
    """With a `fault` nothing is told: what there was to tell is in the next digest."""
    latest = last_digests(session, ids)
    decided = decided_until(session, ids)
    batch = Batch(now)
    due_now: list[tuple[Account, Due]] = []
    coming: dict[int, datetime] = {}
    for account in readers.accounts(session, ids, now):
        last = latest.get(account.subscriber.id)
        due, following = due_dates(account.schedule, now, _occasion(last))
        coming[account.subscriber.id] = following.at if following else NEVER
        if due is None or decided.get(account.subscriber.id, date.min) >= due.day:
            continue
        if fault:
            batch.add(account, due.day, due.at, Outcome.NOTHING, "fault")
        elif now - due.at <= timedelta(hours=app.settings.late_hours):
            due_now.append((account, due))
        elif last is not None:
            batch.fold(account, due, due.day)
    if due_now:
        ids = [account.subscriber.id for account, _ in due_now]
        # One digest takes the place of one that waits still, so nobody gets two at once.
        batch.behind = end_waiting_digests(session, ids)
        _plan(session, app, tasks(session, due_now, latest), batch)
    _set_next(session, coming)
    return batch.store(session, app)


def _occasion(last: Last | None) -> Due | None:
    return Due(last.day, last.due_at) if last is not None else None


@dataclass
class Batch:
    """The rows of one transaction."""

    now: datetime
    slots: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[dict[str, Any]] = field(default_factory=list)
    told: dict[int, list[int]] = field(default_factory=dict)
    """Deliveries of alerts that a Subscriber's digest tells, by Subscriber."""
    behind: Mapping[int, datetime] = field(default_factory=dict)
    """When an older digest is to be sent, by the Destination that it waits for."""

    def fold(self, account: Account, due: Due, day: date) -> None:
        """A digest that was missed; what it had to tell is in the next one."""
        self.add(account, day, due.at, Outcome.FOLDED, "missed")

    def add(
        self,
        account: Account,
        day: date,
        due_at: datetime,
        outcome: Outcome,
        rule: str,
        **more: Any,
    ) -> None:
        self.slots.append(
            slot_row(
                account.subscriber.id,
                EditionKind.DIGEST,
                day.isoformat(),
                due_at=due_at,
                planned_at=self.now,
                outcome=outcome,
                rule=rule,
                **{"reason": RULES[rule], **more},
            )
        )

    def store(self, session: Session, app: App) -> Counter[str]:
        """Writes all rows. A digest that is there already, of another planner, stays alone."""
        fresh = editions.add_slots(session, self.slots)
        known = {(subscriber_id, f"{kind}:{key}") for subscriber_id, kind, key in fresh}
        store_deliveries(
            session,
            app,
            [row for row in self.deliveries if (row["subscriber_id"], row["slot"]) in known],
        )
        mine = {subscriber_id for subscriber_id, _, _ in fresh}
        waiting_alerts.leave_to_digest(session, [n for one in mine for n in self.told.get(one, ())])
        return Counter(
            row["outcome"]
            for row in self.slots
            if (row["subscriber_id"], row["kind"], row["key"]) in fresh
        )


def _plan(session: Session, app: App, due: Sequence[Task], batch: Batch) -> None:
    """Selects once for readers who would get the same."""
    ids = [task.account.subscriber.id for task in due]
    waiting = waiting_alerts.of_subscribers(session, ids)
    desk = Desk.load(session, app, due, batch.now)
    destinations = readers.destinations(session, ids, EditionKind.DIGEST)
    composed: dict[object, tuple[EditionContent | None, Selection]] = {}
    planned: list[tuple[Task, Reader, object]] = []
    for task, reader in zip(due, desk.readers, strict=True):
        for day in task.missed:
            batch.fold(task.account, task.due, day)
        if not destinations.get(reader.subscriber_id):
            # No window: what can't be told now is told when there is a Destination again.
            batch.add(
                task.account,
                task.due.day,
                task.due.at,
                Outcome.NOTHING,
                "no_destination",
                reason="no verified destination takes digests",
            )
            continue
        alike = desk.signature(task, reader)
        if alike not in composed:
            composed[alike] = desk.compose(task, reader)
        planned.append((task, reader, alike))
    told = {alike: content for alike, (content, _) in composed.items() if content is not None}
    saved = editions.save(session, list(told.values()), desk.hashes, batch.now)
    edition_ids: Mapping[object, int] = dict(zip(told, saved, strict=True))
    for task, reader, alike in planned:
        edition_id = edition_ids.get(alike)
        _add_digest(batch, task, desk, composed[alike][1], edition_id)
        if edition_id is not None:
            here = destinations[reader.subscriber_id]
            batch.deliveries += _deliveries(task, desk, reader, here, edition_id, batch.behind)
            alerts = waiting.get(reader.subscriber_id, ())
            batch.told[reader.subscriber_id] = _told(composed[alike][1], here, alerts)


def _told(
    selection: Selection, destinations: Sequence[Destination], alerts: Sequence[WaitingAlert]
) -> list[int]:
    """Deliveries of alerts that have nothing left to tell: all of it stands in this digest, which
    goes to the same Destination."""
    told = {
        candidate.event_id
        for one in selection.chosen
        if one.section in TOLD_WHOLE
        for candidate in (one.match.candidate, *one.copies)
    }
    here = {destination.id for destination in destinations}
    return [
        one.delivery_id for one in alerts if one.destination_id in here and one.event_ids <= told
    ]


def _deliveries(
    task: Task,
    desk: Desk,
    reader: Reader,
    destinations: Sequence[Destination],
    edition_id: int,
    behind: Mapping[int, datetime],
) -> list[dict[str, Any]]:
    """One for each Destination, `behind` an older one."""
    hour = desk.sent_from(task, reader)
    return [
        row
        for one in destinations
        for row in delivery_rows(
            [one],
            edition_id,
            slot=f"digest:{task.due.day}",
            priority=DIGESTS,
            now=desk.now,
            not_before=max(hour, behind.get(one.id, hour)),
            expires_at=desk.now + DIGEST_EXPIRES,
        )
    ]


def _add_digest(
    batch: Batch, task: Task, desk: Desk, selection: Selection, edition_id: int | None
) -> None:
    if edition_id is not None:
        outcome, rule = Outcome.EDITION, "digest"
        reason = f"{selection.matched} matched, {len(selection.chosen)} shown"
    else:
        outcome = Outcome.NOTHING
        rule = "nothing_new" if selection.left_out else "nothing_matched"
        reason = f"{selection.matched} matched, {_left_words(selection)}"
    batch.add(
        task.account,
        task.due.day,
        task.due.at,
        outcome,
        rule,
        reason=reason,
        edition_id=edition_id,
        window_from=task.window_from or 0,
        window_to=desk.upto,
        left_out=[[one.event_id, one.revision, rule] for one, rule in selection.left_out],
    )


def _left_words(selection: Selection) -> str:
    counts = Counter(rule for _, rule in selection.left_out)
    return ", ".join(f"{n} {rule.replace('_', ' ')}" for rule, n in counts.most_common()) or "none"


_SET_NEXT = (
    update(Subscriber.__table__)  # type: ignore[arg-type]
    .where(Subscriber.__table__.c.id == bindparam("of"))
    .values(next_due_at=bindparam("next"))
)


def _set_next(session: Session, coming: Mapping[int, datetime]) -> None:
    if coming:
        rows = [{"of": one, "next": at} for one, at in coming.items()]
        session.connection().execute(_SET_NEXT, rows)
