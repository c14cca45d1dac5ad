"""Release: what was held by quiet hours, a cap or a window is looked at again when its time comes.

One held Event becomes an alert, several become one roundup. Each is decided anew with what is true
now: what was told meanwhile, or retracted, or grew too old, is not told.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from digest.edit.alerting import Decision, decide
from digest.models import Slot
from digest.models.words import Code, EditionKind, Outcome
from digest.services.alert import ALERT_EXPIRES, PRIORITY, content_of
from digest.services.app import App
from digest.services.rows import delivery_rows
from digest.store import editions, events, readers

OLDEST = timedelta(hours=12)  # held longer than this: it goes to the digest
BATCH = 500


def release(app: App, now: datetime) -> Counter[str]:
    """Releases all that is due; counts what became of each held Slot."""
    done: Counter[str] = Counter()
    while True:
        with app.db.begin() as session:
            slots = session.scalars(
                select(Slot)
                .where(Slot.outcome == Outcome.HELD, Slot.release_at <= now)
                .order_by(Slot.subscriber_id, Slot.id)
                .limit(BATCH)
            ).all()
            if not slots:
                return done
            done.update(_batch(session, app, slots, now))


def _batch(session: Session, app: App, slots: Sequence[Slot], now: datetime) -> Counter[str]:
    of_reader: dict[int, list[Slot]] = defaultdict(list)
    for slot in slots:
        of_reader[slot.subscriber_id].append(slot)
    event_ids = {slot.event_id for slot in slots if slot.event_id is not None}
    found = {
        one.event_id: one
        for one in events.candidates(session, 0, events.newest_seq(session), event_ids=event_ids)
    }
    known = {
        account.subscriber.id: account
        for account in readers.accounts(session, list(of_reader), now)
    }
    people = {
        reader.subscriber_id: reader
        for reader in readers.readers(
            session,
            list(known.values()),
            now,
            found,
            {one.fact_key for one in found.values()},
        )
    }
    places = readers.destinations(session, known, EditionKind.ALERT)
    for subscriber_id, held in of_reader.items():
        reader, account = people[subscriber_id], known[subscriber_id]
        ready: dict[int, tuple[Slot, Decision]] = {}
        for slot in held:
            candidate = found.get(slot.event_id or 0)
            if candidate is None or slot.event_id in ready:
                _settle(slot, Outcome.FOLDED, "superseded", "told with a newer revision", now)
                continue
            if now - slot.due_at > OLDEST:
                _settle(slot, Outcome.DIGEST, "held_too_long", "held for over 12 hours", now)
                continue
            decision = decide(candidate, reader, now)
            if decision is None:
                _settle(slot, Outcome.NOTHING, "no_follow", "no longer followed", now)
            elif decision.outcome is Outcome.HELD and decision.release_at is not None:
                slot.release_at, slot.rule = decision.release_at, decision.rule
                slot.reason = decision.reason
            elif decision.outcome is Outcome.EDITION:
                ready[candidate.event_id] = (slot, decision)
            else:
                _settle(slot, Outcome.FOLDED, decision.rule, decision.reason, now)
        if ready:
            decisions = [decision for _, decision in ready.values()]
            code = decisions[0].code if len(decisions) == 1 else Code.ROUNDUP
            keys = {
                (d.match.candidate.event_id, d.match.candidate.revision)
                for d in decisions
                if d.match
            }
            keys |= {(d.told.event_id, d.told.revision) for d in decisions if d.told}
            content = content_of(
                decisions, code, app, account, reader, events.materials(session, keys), now
            )
            hashes = {(one.event_id, one.revision): one.content_hash for one in found.values()}
            edition_id = editions.save(session, content, hashes, now)
            first = next(iter(ready.values()))[0]
            name = f"alert:{first.key}" if len(ready) == 1 else f"roundup:{first.id}"
            editions.add_deliveries(
                session,
                delivery_rows(
                    places.get(subscriber_id, ()),
                    edition_id,
                    slot=name,
                    priority=PRIORITY,
                    now=now,
                    not_before=now,
                    expires_at=now + ALERT_EXPIRES,
                ),
            )
            for slot, _ in ready.values():
                _settle(slot, Outcome.EDITION, "released", f"held before: {slot.reason}", now)
                slot.edition_id = edition_id
    session.flush()
    return Counter(slot.outcome for slot in slots)


def _settle(slot: Slot, outcome: Outcome, rule: str, reason: str, now: datetime) -> None:
    slot.outcome, slot.rule, slot.reason, slot.planned_at = outcome, rule, reason, now
    slot.release_at = None
