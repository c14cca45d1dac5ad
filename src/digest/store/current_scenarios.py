"""Scenarios that follow what becomes visible: Assertions are added, and each moves its Scenario;
those that are taken back move theirs back."""

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
from digest.store import scenarios
from digest.store.chunks import chunks
from digest.store.shown import ScenarioRules, Shown, id_of, insert_rows

KEYS = 400  # in one statement, beside the ids of a batch's Stories
_Place = tuple[int | None, str]  # (story id, key)


def add_assertions(
    session: Session,
    batch: Iterable[Shown],
    stories: Mapping[str | None, Story],
    rules: ScenarioRules,
) -> None:
    """Every Assertion is kept; it moves its Scenario, which is made at its first one."""
    said = [
        (one, place, assertion, _place(one, key, stories))
        for one in batch
        for place, (key, assertion) in enumerate(
            zip(one.found.scenario_keys, one.record.assertions, strict=True)
        )
    ]
    known = _scenarios(session, (where for *_, where in said))
    states: list[str] = []
    for one, _, assertion, where in said:
        before = known.get(where, {})
        state = rules.transition(
            assertion, before.get("horizon"), before.get("confidence"), before.get("state")
        )
        states.append(state)
        known[where] = _moved(before, where, assertion, state, one.visible_at, rules)
    ids = _save(session, known)
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
                "state": state,
                "at": one.visible_at,
            }
            for (one, place, assertion, where), state in zip(said, states, strict=True)
        ),
    )


def take_back(
    session: Session, batch: Iterable[Shown], rules: ScenarioRules, now: datetime
) -> None:
    """What a retracted Event asserted, and what a correction asserts no more, counts no longer."""
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
        scenarios.retell(session, affected, rules, now)


def _place(one: Shown, key: str, stories: Mapping[str | None, Story]) -> _Place:
    story_id = id_of(stories.get(one.found.story_slug))
    return story_id, key if story_id is not None else f"event:{one.event.id}:{key}"


def _scenarios(session: Session, places: Iterable[_Place]) -> dict[_Place, dict[str, Any]]:
    """The stored Scenarios at these places, each as its columns; locked, for they are written."""
    wanted = set(places)
    story_ids = sorted({story_id for story_id, _ in wanted if story_id is not None})
    found: dict[_Place, dict[str, Any]] = {}
    for part in chunks(sorted({key for _, key in wanted}), KEYS):
        for row in session.execute(
            select(*Scenario.__table__.columns)
            .where(
                Scenario.key.in_(part),
                or_(Scenario.story_id.in_(story_ids), Scenario.story_id.is_(None)),
            )
            .order_by(Scenario.id)
            .with_for_update(key_share=True)
        ):
            if (row.story_id, row.key) in wanted:
                found[row.story_id, row.key] = dict(row._mapping)
    return found


def _moved(
    before: Mapping[str, Any],
    where: _Place,
    said: AssertionRecord,
    state: str,
    at: datetime,
    rules: ScenarioRules,
) -> dict[str, Any]:
    """A Scenario's columns after an Assertion."""
    moves = state != "restated" or not before.get("state")
    return {
        "story_id": where[0],
        "key": where[1],
        "first_at": at,
        **before,
        "kind": said.kind,
        "text": said.text,
        "horizon": said.horizon,
        "confidence": said.confidence,
        "expires_at": rules.expires_at(said.horizon, at),
        **({"state": state, "moved_at": at} if moves else {}),
    }


def _save(session: Session, known: Mapping[_Place, dict[str, Any]]) -> dict[_Place, int]:
    """Writes the Scenarios; returns the id of each."""
    if stored := [values for values in known.values() if "id" in values]:
        session.execute(update(Scenario), stored)
    ids = {where: values["id"] for where, values in known.items() if "id" in values}
    if new := [values for values in known.values() if "id" not in values]:
        rows = session.execute(
            insert(Scenario).returning(Scenario.story_id, Scenario.key, Scenario.id), new
        )
        ids |= {(story_id, key): scenario_id for story_id, key, scenario_id in rows}
    return ids
