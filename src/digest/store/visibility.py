"""Becoming visible: the one order in which Revisions do, and Events that follow them."""

import logging
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from digest.models import (
    Event,
    Revision,
)
from digest.models.record import EventRecord
from digest.store import counters, current
from digest.store.chunks import chunks
from digest.store.shown import ScenarioRules, Shown, from_json

log = logging.getLogger(__name__)

VISIBLE = "visible"
FOLLOWED = 500  # Revisions whose Events follow them at a time


def foresee(session: Session, until: datetime, rules: ScenarioRules) -> None:
    """Lets Events follow what waits for its hour and will be visible by `until`.

    For a look ahead, in a session that keeps nothing; no Revision gets its place by it.
    """
    waiting = session.scalars(
        select(Revision.id)
        .where(Revision.seq.is_(None), Revision.visible_at <= until, Revision.found.is_not(None))
        .order_by(Revision.visible_at, Revision.id)
    ).all()
    for part in chunks(waiting, FOLLOWED):
        _follow(session, part, rules, until)


def make_visible(session: Session, now: datetime, rules: ScenarioRules) -> int:
    """Gives every Revision whose hour has come its place in the order of becoming visible.

    The counter's row is locked until commit, so this order is the order of commits: a reader of
    "all up to n" misses nothing that gets a number at or below n later. Events follow those that
    were stored before their hour, in the same transaction. Returns how many.
    """
    waiting = (Revision.seq.is_(None), Revision.visible_at <= now)
    if session.scalar(select(Revision.id).where(*waiting).limit(1)) is None:
        return 0
    last = counters.lock(session, VISIBLE)
    rows = session.execute(
        select(Revision.id, Revision.found.is_not(None))
        .where(*waiting)
        .order_by(Revision.visible_at, Revision.id)
    ).all()
    if rows:
        numbered = [{"id": row[0], "seq": last + place} for place, row in enumerate(rows, start=1)]
        session.execute(update(Revision), numbered)
        counters.advance(session, VISIBLE, last + len(rows))
    for part in chunks((one for one, early in rows if early), FOLLOWED):
        _follow(session, part, rules, now)
    return len(rows)


def _follow(session: Session, ids: list[int], rules: ScenarioRules, now: datetime) -> None:
    """Lets Events follow Revisions that were stored before their hour.

    One that cannot be followed leaves its Event as it was: it must not keep all news from
    everybody for ever.
    """
    batch = _shown(session, ids)
    try:
        with session.begin_nested():
            current.follow(session, batch, rules, now)
    except Exception:
        log.warning("what became visible is followed one by one", exc_info=True)
        for one in batch:
            try:
                with session.begin_nested():
                    current.follow(session, [one], rules, now)
            except Exception:
                log.exception("revision %d of %s cannot be followed", one.number, one.event.slug)
    session.execute(
        update(Revision)
        .where(Revision.id.in_(ids))
        .values(found=None)
        .execution_options(synchronize_session=False)
    )


def _shown(session: Session, ids: list[int]) -> list[Shown]:
    rows = session.execute(
        select(
            Event,
            Revision.number,
            Revision.record,
            Revision.severity,
            Revision.visible_at,
            Revision.found,
        )
        .join(Event, Event.id == Revision.event_id)
        .where(Revision.id.in_(ids))
        .order_by(Revision.visible_at, Revision.id)
    )
    return [
        Shown(
            event,
            number,
            EventRecord.model_validate(record),
            severity,
            visible_at,
            from_json(found),
        )
        for event, number, record, severity, visible_at, found in rows
    ]


def newest_seq(session: Session) -> int:
    """The last place given out; 0 without any."""
    return counters.read(session, VISIBLE)


def seq_before(session: Session, instant: datetime) -> int:
    """The place after which all stand that became visible after `instant`.

    Older ones may stand after it as well: history that was imported late.
    """
    first = session.scalar(select(func.min(Revision.seq)).where(Revision.visible_at > instant))
    return first - 1 if first is not None else newest_seq(session)
