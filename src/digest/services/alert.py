"""Alert: what has just become visible is told at once to those who want that.

Runs over the order of becoming visible, from where it stopped last. Each Revision is decided for
its whole audience in one transaction; the counter moves in the same one, so a crash repeats nothing
and skips nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.clock import local_date, zone
from digest.edit import compose
from digest.edit.alerting import Decision, decide
from digest.edit.select import Chosen
from digest.models import Destination, Revision
from digest.models.content import EditionContent
from digest.models.desk import Candidate, Material, Occasion, Reader
from digest.models.words import Code, EditionKind, Outcome
from digest.services.app import App
from digest.services.audience import RIGHTING, audience
from digest.services.rows import delivery_rows, slot_row
from digest.store import counters, editions, events, readers, scenarios, threads
from digest.store.chunks import chunks
from digest.store.readers import Account

ALERTED = "alerted"
PRIORITY = 10
ALERT_EXPIRES = timedelta(hours=6)
RIGHTING_EXPIRES = timedelta(hours=72)
BATCH = 500


def alert(app: App, now: datetime) -> Counter[str]:
    """Decides about every Revision that became visible since the last time; counts outcomes."""
    done: Counter[str] = Counter()
    with app.db.begin() as session:
        events.make_visible(session, now)
        scenarios.expire(session, now)
    while True:
        with app.db.begin() as session:
            revision = _next(session)
            if revision is None:
                return done
            counters.advance(session, ALERTED, revision.seq or 0)
            if revision.history and revision.code not in RIGHTING:
                _skip_history(session, revision.seq or 0)
                continue
            done.update(_one(session, app, revision, now))


def _next(session: Session) -> Revision | None:
    return session.scalar(
        select(Revision)
        .where(Revision.seq > counters.read(session, ALERTED))
        .order_by(Revision.seq)
        .limit(1)
    )


def _skip_history(session: Session, seq: int) -> None:
    """A backfill of thousands never alerts: goes on at the first Revision that may."""
    following = session.scalar(
        select(Revision.seq)
        .where(
            Revision.seq > seq,
            Revision.history.is_(False) | Revision.code.in_(RIGHTING),
        )
        .order_by(Revision.seq)
        .limit(1)
    )
    last = following - 1 if following is not None else events.newest_seq(session)
    counters.advance(session, ALERTED, last)


def _one(session: Session, app: App, revision: Revision, now: datetime) -> Counter[str]:
    """One Revision for its whole audience. An older one than the newest visible is skipped."""
    upto = events.newest_seq(session)
    found = events.candidates(session, (revision.seq or 0) - 1, upto, event_ids=[revision.event_id])
    done: Counter[str] = Counter()
    for candidate in found:
        if candidate.revision != revision.number and candidate.code not in RIGHTING:
            continue  # a newer Revision is already visible and will be told instead
        for ids in chunks(audience(session, candidate), BATCH):
            known = readers.accounts(session, ids, now)
            people = readers.readers(
                session, known, now, [candidate.event_id], [candidate.fact_key]
            )
            decided = [
                (account, reader, decision)
                for account, reader in zip(known, people, strict=True)
                if (decision := decide(candidate, reader, now)) is not None
            ]
            done.update(write(session, app, candidate, decided, now))
    return done


def write(
    session: Session,
    app: App,
    candidate: Candidate,
    decided: Sequence[tuple[Account, Reader, Decision]],
    now: datetime,
) -> Counter[str]:
    """Slots for every decision, Editions for equal ones, Deliveries for those told now."""
    keys = {(candidate.event_id, candidate.revision)}
    keys |= {(d.told.event_id, d.told.revision) for _, _, d in decided if d.told is not None}
    materials = events.materials(session, keys)
    hashes = {(candidate.event_id, candidate.revision): candidate.content_hash}
    places = _places(session, candidate, decided)
    slots: list[dict[str, Any]] = []
    deliveries: list[dict[str, Any]] = []
    key = f"{candidate.event_id}:{candidate.revision}"
    for account, reader, decision in decided:
        person = account.subscriber
        here = places.get(person.id, ())
        outcome, rule, reason, edition_id = (
            decision.outcome,
            decision.rule,
            decision.reason,
            None,
        )
        if outcome is Outcome.EDITION and not here:
            outcome, rule = Outcome.DIGEST, "no_destination"
            reason = "no verified destination takes alerts"
        if outcome is Outcome.EDITION:
            content = content_of([decision], decision.code, app, account, reader, materials, now)
            edition_id = editions.save(session, content, hashes, now)
            deliveries += delivery_rows(
                here,
                edition_id,
                slot=f"alert:{key}",
                priority=PRIORITY,
                now=now,
                not_before=now,
                expires_at=now + _lasts(decision.code),
            )
        slots.append(
            slot_row(
                person.id,
                EditionKind.ALERT,
                key,
                due_at=candidate.visible_at,
                planned_at=now,
                outcome=outcome,
                rule=rule,
                reason=reason,
                edition_id=edition_id,
                event_id=candidate.event_id,
                revision=candidate.revision,
                release_at=decision.release_at,
            )
        )
    fresh = {subscriber_id for subscriber_id, _, _ in editions.add_slots(session, slots)}
    editions.add_deliveries(session, [row for row in deliveries if row["subscriber_id"] in fresh])
    return Counter(row["outcome"] for row in slots if row["subscriber_id"] in fresh)


def _lasts(code: Code) -> timedelta:
    return RIGHTING_EXPIRES if code in RIGHTING else ALERT_EXPIRES


def _places(
    session: Session,
    candidate: Candidate,
    decided: Sequence[tuple[Account, Reader, Decision]],
) -> Mapping[int, Sequence[Destination]]:
    """Where to tell it. What is put right goes exactly where the wrong thing went."""
    ids = [account.subscriber.id for account, _, d in decided if d.outcome is Outcome.EDITION]
    if candidate.code not in RIGHTING:
        return readers.destinations(session, ids, EditionKind.ALERT)
    told = threads.holders(session, candidate.event_id, candidate.revision)
    every = readers.destinations(session, ids)
    found: dict[int, list[Destination]] = defaultdict(list)
    for subscriber_id, places in every.items():
        found[subscriber_id] = [place for place in places if place.id in told]
    return found


def content_of(
    decisions: Sequence[Decision],
    code: Code,
    app: App,
    account: Account,
    reader: Reader,
    materials: Mapping[tuple[int, int], Material],
    now: datetime,
) -> EditionContent:
    """The content of one alert, or of a roundup of several."""
    section = "correction" if code in RIGHTING else "lead"
    chosen = [
        Chosen(decision.match, section if place == 0 else "item", decision.told)
        for place, decision in enumerate(decisions)
        if decision.match is not None
    ]
    name = account.schedule.zone
    return compose.alert(
        chosen,
        code,
        reader,
        materials,
        Occasion(
            at=now,
            day=local_date(now, zone(name)),
            zone=name,
            list_name=account.list_name or app.settings.product_name,
        ),
    )
