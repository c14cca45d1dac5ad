"""Writing Events: rows of one Revision and all that hangs on it, in the transaction of a batch."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from digest.models import (
    Analysis,
    Assertion,
    Event,
    EventInterest,
    Link,
    Perspective,
    PerspectiveActor,
    Revision,
    Scenario,
    Source,
    Story,
    Update,
)
from digest.models.record import AssertionRecord, EventRecord
from digest.models.words import Code
from digest.store.chunks import chunks

CHILDREN = (Source, Analysis, Link, EventInterest)


@dataclass(frozen=True, slots=True)
class Known:
    """An Event that is stored already, with its newest Revision."""

    event: Event
    record_hash: str
    content_hash: str
    visible_at: datetime
    history: bool
    correction: Mapping[str, Any] | None  # as JSON


@dataclass(frozen=True, slots=True)
class Judged:
    """A record with everything the desk has worked out about it."""

    record: EventRecord
    slug: str
    story_slug: str | None
    parents: tuple[tuple[str, str], ...]  # (slug, title) of broader threads, nearest first
    severity: int
    severity_origin: str
    code: Code
    minor: bool
    history: bool
    visible_at: datetime
    fact_key: str
    record_hash: str
    content_hash: str
    interests: tuple[tuple[int, str, str], ...] = ()  # (interest id, role, origin)
    actors: Mapping[str, frozenset[int]] = field(default_factory=dict)  # of perspectives' labels
    scenario_keys: tuple[str, ...] = ()


def known(session: Session, external_ids: Iterable[str]) -> dict[str, Known]:
    """The stored Events with these ids."""
    found: dict[str, Known] = {}
    for part in chunks(external_ids):
        rows = session.execute(
            select(
                Event,
                Revision.record_hash,
                Revision.content_hash,
                Revision.visible_at,
                Revision.history,
                Revision.record["correction"].label("correction"),
            )
            .join(
                Revision,
                (Revision.event_id == Event.id) & (Revision.number == Event.revision),
            )
            .where(Event.external_id.in_(part))
        )
        for event, *rest in rows:
            found[event.external_id] = Known(event, *rest)
    return found


def taken(session: Session, slugs: Iterable[str]) -> set[str]:
    """Those of these slugs that an Event has."""
    found: set[str] = set()
    for part in chunks(slugs):
        found.update(session.scalars(select(Event.slug).where(Event.slug.in_(part))))
    return found


@dataclass(frozen=True, slots=True)
class ScenarioRules:
    """The desk's rules for Scenarios, see edit/scenarios.py; the store doesn't know the desk."""

    transition: Callable[[AssertionRecord, str | None, str | None, str | None], str]
    expires_at: Callable[[str | None, datetime], datetime]


def store(
    session: Session, before: Known | None, judged: Judged, rules: ScenarioRules, now: datetime
) -> Known:
    """Stores one Revision. The Event's columns and children follow it."""
    record = judged.record
    story = _story(session, judged, now)
    update_row = _update(session, story, record)
    event = before.event if before else Event(external_id=record.id, slug=judged.slug, revision=0)
    event.revision += 1
    event.story_id = story.id if story else None
    event.update_id = update_row.id if update_row else None
    event.number = record.number
    event.fact_key = judged.fact_key
    event.headline = record.headline
    event.category = record.category
    event.status = record.status
    event.severity = judged.severity
    event.severity_origin = judged.severity_origin
    event.certainty = record.certainty
    event.breaking = bool(record.breaking)
    event.lang = record.lang
    event.occurred_at = record.occurred_at
    event.reported_at = record.reported_at
    event.updated_at = record.updated_at
    event.visible_at = judged.visible_at if before is None else event.visible_at
    event.retracted_at = judged.visible_at if record.retraction else None
    if before is None:
        session.add(event)
    session.flush()
    if before is not None:
        for child in CHILDREN:
            session.execute(delete(child).where(child.event_id == event.id))
        session.execute(delete(Perspective).where(Perspective.event_id == event.id))
    session.add(
        Revision(
            event_id=event.id,
            number=event.revision,
            code=judged.code,
            record=record.model_dump(mode="json"),
            record_hash=judged.record_hash,
            content_hash=judged.content_hash,
            severity=judged.severity,
            minor=judged.minor,
            history=judged.history,
            visible_at=judged.visible_at,
            stored_at=now,
        )
    )
    _children(session, event, judged)
    _perspectives(session, event, story, judged)
    _assertions(session, event, story, judged, rules)
    session.flush()
    return Known(
        event,
        judged.record_hash,
        judged.content_hash,
        judged.visible_at,
        judged.history,
        record.correction.model_dump(mode="json") if record.correction else None,
    )


def _story(session: Session, judged: Judged, now: datetime) -> Story | None:
    """The Story, and the broader threads above it, made at their first mention."""
    if judged.story_slug is None:
        return None
    title = judged.record.story.title if judged.record.story else judged.record.storyline[-1]
    story = _one_story(session, judged.story_slug, title, now)
    below = story
    for slug, broader in judged.parents:
        above = _one_story(session, slug, broader, now)
        if below.parent_id is None and above.id != below.id and above.parent_id != below.id:
            below.parent_id = above.id
        below = above
    return story


def _one_story(session: Session, slug: str, title: str, now: datetime) -> Story:
    story = session.scalar(select(Story).where(Story.slug == slug))
    if story is None:
        story = Story(slug=slug, title=title, created_at=now)
        session.add(story)
        session.flush()
    return story


def _update(session: Session, story: Story | None, record: EventRecord) -> Update | None:
    if story is None or record.update is None:
        return None
    row = session.scalar(
        select(Update).where(Update.story_id == story.id, Update.number == record.update.number)
    )
    if row is None:
        row = Update(story_id=story.id, number=record.update.number, title=record.update.title)
        session.add(row)
        session.flush()
    elif record.update.title:
        row.title = record.update.title
    return row


def _children(session: Session, event: Event, judged: Judged) -> None:
    record = judged.record
    session.add_all(
        Source(
            event_id=event.id,
            position=place,
            publisher=one.publisher,
            via=one.via,
            url=one.url,
            published_on=one.published_on,
            first=one.first,
        )
        for place, one in enumerate(record.sources)
    )
    sections: dict[str, Analysis] = {}
    for place, one in enumerate(record.analyses):
        sections[one.section] = Analysis(
            event_id=event.id, section=one.section, position=place, text=one.text
        )
    session.add_all(sections.values())
    others = _linked(session, [link.event for link in record.links if link.event])
    session.add_all(
        Link(
            event_id=event.id,
            position=place,
            direction=one.direction,
            title=one.title,
            other=one.event,
            other_id=others.get(one.event or ""),
            significance=one.significance,
        )
        for place, one in enumerate(record.links)
    )
    session.add_all(
        EventInterest(event_id=event.id, interest_id=interest_id, role=role, origin=origin)
        for interest_id, role, origin in judged.interests
    )
    session.execute(
        update(Link)
        .where(Link.other_id.is_(None), Link.other.in_((event.external_id, event.slug)))
        .values(other_id=event.id)
        .execution_options(synchronize_session=False)
    )


def _linked(session: Session, names: list[str]) -> dict[str, int]:
    if not names:
        return {}
    rows = session.execute(
        select(Event.id, Event.external_id, Event.slug).where(
            Event.external_id.in_(names) | Event.slug.in_(names)
        )
    )
    found: dict[str, int] = {}
    for event_id, external_id, slug in rows:
        found[external_id] = found[slug] = event_id
    return found


def _perspectives(session: Session, event: Event, story: Story | None, judged: Judged) -> None:
    """Perspectives belong to the Story. One that is there already is not stored twice."""
    for one in judged.record.perspectives:
        as_of = one.as_of or judged.record.updated_at or judged.visible_at
        if story is not None:
            same = session.scalar(
                select(Perspective.id).where(
                    Perspective.story_id == story.id,
                    Perspective.actor == one.actor,
                    Perspective.as_of == as_of,
                    Perspective.text == one.text,
                )
            )
            if same is not None:
                continue
        row = Perspective(
            story_id=story.id if story else None,
            event_id=None if story else event.id,
            actor=one.actor,
            text=one.text,
            as_of=as_of,
        )
        session.add(row)
        session.flush()
        session.add_all(
            PerspectiveActor(perspective_id=row.id, interest_id=interest_id)
            for interest_id in judged.actors.get(one.actor, ())
        )


def _assertions(
    session: Session, event: Event, story: Story | None, judged: Judged, rules: ScenarioRules
) -> None:
    """Every Assertion is kept; it moves its Scenario, which is made at its first one."""
    at = judged.visible_at
    for place, (key, one) in enumerate(
        zip(judged.scenario_keys, judged.record.assertions, strict=True)
    ):
        own_key = key if story is not None else f"event:{event.id}:{key}"
        scenario = session.scalar(
            select(Scenario).where(
                Scenario.key == own_key,
                Scenario.story_id == story.id if story else Scenario.story_id.is_(None),
            )
        )
        if scenario is None:
            scenario = Scenario(
                story_id=story.id if story else None, key=own_key, first_at=at, state=""
            )
            session.add(scenario)
        state = rules.transition(one, scenario.horizon, scenario.confidence, scenario.state or None)
        scenario.kind, scenario.text = one.kind, one.text
        scenario.horizon, scenario.confidence = one.horizon, one.confidence
        scenario.expires_at = rules.expires_at(one.horizon, at)
        if state != "restated" or not scenario.state:
            scenario.state, scenario.moved_at = state, at
        session.flush()
        session.add(
            Assertion(
                scenario_id=scenario.id,
                event_id=event.id,
                revision=event.revision,
                position=place,
                kind=one.kind,
                text=one.text,
                horizon=one.horizon,
                confidence=one.confidence,
                state=state,
                at=at,
            )
        )
