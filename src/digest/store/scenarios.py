"""Scenarios of Stories: which have moved, and which have run out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from digest.models import Assertion, Event, Scenario, Story
from digest.models.desk import Claim, Watched
from digest.models.record import AssertionRecord
from digest.models.words import ENDED, SHIFTED
from digest.store.chunks import chunks
from digest.store.shown import ScenarioRules

# Written out in the statement: an index of part of a table serves no query whose part is a value.
_ended: BindParameter[Any] = bindparam("ended", ENDED, expanding=True, literal_execute=True)
_shifted: BindParameter[Any] = bindparam("shifted", SHIFTED, expanding=True, literal_execute=True)


_moved = select(Scenario.id).where(
    Scenario.moved_at > bindparam("after"),
    Scenario.moved_at <= bindparam("upto"),
    Scenario.state != "restated",
)
_counting = (
    select(
        Assertion.scenario_id,
        func.max(Assertion.id).filter(Assertion.at <= bindparam("upto")).label("newest"),
        func.count(Assertion.event_id.distinct()).label("events"),
    )
    .where(Assertion.scenario_id.in_(_moved), Assertion.gone_at.is_(None))
    .group_by(Assertion.scenario_id)
    .subquery()
)
_before = aliased(Assertion)
_then = aliased(Assertion)
_was = (  # what was asserted last before it was raised or lowered
    select(_then.id)
    .where(_then.scenario_id == Scenario.id, _then.at < Scenario.moved_at, _then.gone_at.is_(None))
    .order_by(_then.at.desc(), _then.id.desc())
    .limit(1)
    .correlate(Scenario)
    .scalar_subquery()
)
_MOVED = (
    select(
        Scenario,
        Story.title,
        Event.id,
        Event.slug,
        _counting.c.events,
        _before.horizon,
        _before.confidence,
    )
    .join(_counting, _counting.c.scenario_id == Scenario.id)
    .outerjoin(_before, and_(Scenario.state.in_(_shifted), _before.id == _was))
    .join(Assertion, Assertion.id == _counting.c.newest)
    .join(Event, Event.id == Assertion.event_id)
    .outerjoin(Story, Story.id == Scenario.story_id)
    .order_by(Scenario.id)
)


def moved_since(session: Session, after: datetime, upto: datetime) -> list[Watched]:
    """Scenarios that last moved in (after, upto], with the Event that asserted them last.

    What was taken back asserts nothing.
    """
    rows = session.execute(_MOVED, {"after": after, "upto": upto})
    return [
        Watched(
            story_id=scenario.story_id,
            story=title or "",
            state=scenario.state,
            text=scenario.text,
            kind=scenario.kind,
            horizon=scenario.horizon,
            confidence=scenario.confidence,
            first_at=scenario.first_at,
            moved_at=scenario.moved_at,
            events=count,
            event_id=event_id,
            event_slug=slug,
            was_horizon=horizon,
            was_confidence=confidence,
        )
        for scenario, title, event_id, slug, count, horizon, confidence in rows
    ]


def moved_by(
    session: Session, after: datetime, until: datetime, rules: ScenarioRules
) -> list[Watched]:
    """Like `moved_since`, as it was known at `until`: what was taken back later still counts.

    Each Scenario is told again from its Assertions by their own time: history may have been stored
    in any order, and what came later has changed the row.
    """
    here = select(Assertion.scenario_id).where(Assertion.at > after, Assertion.at <= until)
    rows = session.execute(
        select(Assertion, Scenario.story_id, Story.title, Event.slug)
        .join(Scenario, Scenario.id == Assertion.scenario_id)
        .join(Event, Event.id == Assertion.event_id)
        .outerjoin(Story, Story.id == Scenario.story_id)
        .where(
            Assertion.at <= until,
            or_(Assertion.gone_at.is_(None), Assertion.gone_at > until),
            or_(
                Scenario.id.in_(here),
                and_(Scenario.expires_at > after, Scenario.expires_at <= until),
            ),
        )
        .order_by(Assertion.scenario_id, Assertion.at, Assertion.id)
    )
    found = []
    for _, group in groupby(rows, key=lambda row: row.Assertion.scenario_id):
        told = list(group)
        newest = told[-1]
        course = rules.course([claim(row.Assertion) for row in told], until)
        if course.moved_at <= after:
            continue
        found.append(
            Watched(
                story_id=newest.story_id,
                story=newest.title or "",
                state=course.state,
                text=newest.Assertion.text,
                kind=newest.Assertion.kind,
                horizon=newest.Assertion.horizon,
                confidence=newest.Assertion.confidence,
                first_at=course.first_at,
                moved_at=course.moved_at,
                events=len({row.Assertion.event_id for row in told}),
                event_id=newest.Assertion.event_id,
                event_slug=newest.slug,
                was_horizon=course.was_horizon,
                was_confidence=course.was_confidence,
            )
        )
    return found


def claim(row: Assertion) -> Claim:
    """An Assertion as the desk judges it. Of its state only an end was stated; the desk takes no
    notice of others."""
    said = AssertionRecord(
        kind=row.kind,
        text=row.text,
        horizon=row.horizon,
        confidence=row.confidence,
        state=row.state,
    )
    return Claim(said, row.at, row.event_id)


_ENDED = (
    select(Assertion.event_id, Assertion.revision, Assertion.position)
    .join(Scenario, Scenario.id == Assertion.scenario_id)
    .where(
        Assertion.event_id.in_(bindparam("events", expanding=True)), Scenario.state.in_(_ended)
    )
)  # fmt: skip


def ended(
    session: Session,
    keys: Iterable[tuple[int, int]],
    until: datetime | None = None,
    rules: ScenarioRules | None = None,
) -> dict[tuple[int, int], frozenset[int]]:
    """Which of the Assertions of these (event id, revision) are of Scenarios that have ended, by
    their places in the record; those that had ended by `until`, with `rules`."""
    wanted = set(keys)
    found: dict[tuple[int, int], set[int]] = defaultdict(set)
    for part in chunks(sorted({event_id for event_id, _ in wanted})):
        rows = (
            session.execute(_ENDED, {"events": part})
            if until is None or rules is None
            else _ended_by(session, part, until, rules)
        )
        for event_id, revision, place in rows:
            if (event_id, revision) in wanted:
                found[event_id, revision].add(place)
    return {key: frozenset(places) for key, places in found.items()}


def _ended_by(
    session: Session, event_ids: Sequence[int], until: datetime, rules: ScenarioRules
) -> Iterator[tuple[int, int, int]]:
    of_them = select(Assertion.scenario_id).where(Assertion.event_id.in_(event_ids))
    said = session.scalars(
        select(Assertion)
        .where(Assertion.scenario_id.in_(of_them), Assertion.at <= until)
        .order_by(Assertion.scenario_id, Assertion.at, Assertion.id)
    )
    for _, group in groupby(said, key=lambda one: one.scenario_id):
        every = list(group)
        counting = [one for one in every if one.gone_at is None or one.gone_at > until]
        claims = [claim(one) for one in counting]
        if not claims or rules.course(claims, until).state in ENDED:
            yield from ((one.event_id, one.revision, one.position) for one in every)


_rows = Scenario.__table__.c
_over = (
    select(_rows.id)
    .where(_rows.expires_at <= bindparam("now"), _rows.state.not_in(_ended))
    .with_for_update(skip_locked=True, key_share=True)
)
_EXPIRE = (
    update(Scenario.__table__)  # type: ignore[arg-type]
    .where(_rows.id.in_(_over))
    .values(state="expired", moved_at=_rows.expires_at)
    .returning(_rows.id)
)


def expire(session: Session, now: datetime) -> int:
    """Scenarios whose horizon has passed without anything come of them are `expired`.

    One that is being written waits for the next time: it is asserted anew, as like as not.
    """
    return len(session.connection().execute(_EXPIRE, {"now": now}).all())


def retell(
    session: Session, scenario_ids: Iterable[int], rules: ScenarioRules, now: datetime
) -> int:
    """Sets Scenarios to what those of their Assertions give that were not taken back; returns how
    many. One that nobody asserts any more is withdrawn. Their Stories are locked, then they."""
    ids = sorted(set(scenario_ids))
    for part in chunks(ids):
        session.execute(
            select(Story.id)
            .where(Story.id.in_(select(Scenario.story_id).where(Scenario.id.in_(part))))
            .order_by(Story.slug)
            .with_for_update(key_share=True)
        )
    affected: list[Scenario] = []
    said: dict[int, list[Assertion]] = defaultdict(list)
    for part in chunks(ids):
        affected += session.scalars(
            select(Scenario)
            .where(Scenario.id.in_(part))
            .order_by(Scenario.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        )
        for row in session.scalars(
            select(Assertion)
            .where(Assertion.scenario_id.in_(part), Assertion.gone_at.is_(None))
            .order_by(Assertion.id)
            .execution_options(populate_existing=True)
        ):
            said[row.scenario_id].append(row)
    for scenario in affected:
        if said[scenario.id]:
            _follow(scenario, said[scenario.id], rules, now)
        elif scenario.state != "withdrawn":
            scenario.state, scenario.moved_at = "withdrawn", now
    session.flush()
    return len(affected)


def _follow(
    scenario: Scenario, said: Sequence[Assertion], rules: ScenarioRules, now: datetime
) -> None:
    """The Scenario as these Assertions alone would have made it."""
    course, last = rules.course([claim(one) for one in said], now), said[-1]
    scenario.kind, scenario.text = last.kind, last.text
    scenario.horizon, scenario.confidence = last.horizon, last.confidence
    scenario.state, scenario.first_at = course.state, course.first_at
    scenario.moved_at, scenario.expires_at = course.moved_at, course.expires_at
