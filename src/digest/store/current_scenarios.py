"""Assertions that follow what becomes visible: they are added and taken back, and the Scenarios
that this moves are told again (store/scenarios.py)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from digest.models import (
    Assertion,
    Scenario,
    Story,
)
from digest.models.record import AssertionRecord
from digest.models.words import Code
from digest.store.chunks import chunks
from digest.store.shown import Shown, id_of, insert_rows

KEYS = 400  # in one statement, beside the ids of a batch's Stories
_Place = tuple[int | None, str]  # (story id, key)


def add_assertions(
    session: Session, batch: Iterable[Shown], stories: Mapping[str | None, Story]
) -> set[int]:
    """Keeps every Assertion, each with its Scenario, which is made at its first one; returns the
    ids of these Scenarios, still to be told again."""
    said = [
        (one, place, assertion, _place(one, key, stories))
        for one in batch
        for place, (key, assertion) in enumerate(
            zip(one.found.scenario_keys, one.record.assertions, strict=True)
        )
    ]
    ids = _stored(session, (where for *_, where in said))
    new: dict[_Place, dict[str, Any]] = {}
    for one, _, assertion, where in said:
        if where not in ids:
            new.setdefault(where, _first(where, assertion, one.visible_at))
    ids |= _make(session, new.values())
    insert_rows(
        session,
        Assertion,
        (
            {
                "scenario_id": ids[where],
                "event_id": one.event.id,
                "revision": one.number,
                "position": place,
                "kind": assertion.kind,
                "text": assertion.text,
                "horizon": assertion.horizon,
                "confidence": assertion.confidence,
                "state": assertion.state or "",
                "at": one.visible_at,
            }
            for one, place, assertion, where in said
        ),
    )
    return set(ids.values())


def retract_assertions(session: Session, batch: Iterable[Shown]) -> set[int]:
    """What a retracted Event asserted, and what a correction asserts no more, counts no longer;
    returns the ids of the Scenarios, still to be told again."""
    righting = [one for one in batch if one.record.retraction or one.code is Code.CORRECT]
    said: dict[int, list[Any]] = defaultdict(list)
    for part in chunks(sorted({one.event.id for one in righting})):
        for row in session.execute(
            select(Assertion.id, Assertion.event_id, Assertion.revision, Assertion.scenario_id)
            .where(Assertion.event_id.in_(part), Assertion.gone_at.is_(None))
        ):  # fmt: skip
            said[row.event_id].append(row)
    gone: dict[int, datetime] = {}
    affected: set[int] = set()
    for one in righting:
        rows = [row for row in said[one.event.id] if row.revision <= one.number]
        repeated = {row.scenario_id for row in rows if row.revision == one.number}
        for row in rows:
            if one.record.retraction or row.scenario_id not in repeated:
                gone.setdefault(row.id, one.visible_at)
                affected.add(row.scenario_id)
    if gone:
        session.execute(
            update(Assertion), [{"id": row_id, "gone_at": at} for row_id, at in gone.items()]
        )
    return affected


def _place(one: Shown, key: str, stories: Mapping[str | None, Story]) -> _Place:
    story_id = id_of(stories.get(one.found.story_slug))
    return story_id, key if story_id is not None else f"event:{one.event.id}:{key}"


def _stored(session: Session, places: Iterable[_Place]) -> dict[_Place, int]:
    """The ids of the Scenarios at these places, as far as there are any."""
    wanted = set(places)
    story_ids = sorted({story_id for story_id, _ in wanted if story_id is not None})
    found: dict[_Place, int] = {}
    for part in chunks(sorted({key for _, key in wanted}), KEYS):
        for story_id, key, scenario_id in session.execute(
            select(Scenario.story_id, Scenario.key, Scenario.id).where(
                Scenario.key.in_(part),
                or_(Scenario.story_id.in_(story_ids), Scenario.story_id.is_(None)),
            )
        ):
            if (story_id, key) in wanted:
                found[story_id, key] = scenario_id
    return found


def _first(where: _Place, said: AssertionRecord, at: datetime) -> dict[str, Any]:
    """A Scenario's columns until it is told for the first time."""
    return {
        "story_id": where[0],
        "key": where[1],
        "kind": said.kind,
        "text": said.text,
        "state": "new",
        "first_at": at,
        "moved_at": at,
    }


def _make(session: Session, rows: Iterable[dict[str, Any]]) -> dict[_Place, int]:
    new = list(rows)
    if not new:
        return {}
    made = session.execute(
        insert(Scenario).returning(Scenario.story_id, Scenario.key, Scenario.id), new
    )
    return {(story_id, key): scenario_id for story_id, key, scenario_id in made}
