"""What an Event is now: its columns, and all that hangs on it, follow its newest visible Revision.

A Revision whose hour has not come leaves everything as it is. What the desk found in it waits in
the Revision, and is used here when it becomes visible: nobody sees before its hour what it says,
names, asserts or takes back. A batch costs the same number of queries, however large it is.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select, tuple_, update
from sqlalchemy.orm import Session

from digest.models import (
    Analysis,
    Assertion,
    Base,
    Event,
    EventInterest,
    Interest,
    Link,
    Perspective,
    PerspectiveActor,
    Scenario,
    Source,
    Story,
    Update,
)
from digest.models.record import AssertionRecord, EventRecord
from digest.store.chunks import chunks

CHILDREN = (Source, Analysis, Link, EventInterest, Perspective)
PAIRS = 400  # pairs of values that one statement carries


@dataclass(frozen=True, slots=True)
class Found:
    """What the desk found in a record, besides what the Revision keeps in columns."""

    story_slug: str | None
    parents: tuple[tuple[str, str], ...]  # (slug, title) of broader threads, nearest first
    severity_origin: str
    fact_key: str
    interests: tuple[tuple[int, str, str], ...] = ()  # (interest id, role, origin)
    actors: Mapping[str, frozenset[int]] = field(default_factory=dict)  # of perspectives' labels
    scenario_keys: tuple[str, ...] = ()


_FOUND: Final = TypeAdapter(Found)


def to_json(found: Found) -> dict[str, Any]:
    """As a Revision keeps it."""
    kept: dict[str, Any] = _FOUND.dump_python(found, mode="json")
    return kept


def from_json(kept: Mapping[str, Any]) -> Found:
    return _FOUND.validate_python(kept)


@dataclass(frozen=True, slots=True)
class Shown:
    """A Revision whose hour has come, and its Event (the row, with an id)."""

    event: Event
    number: int
    record: EventRecord
    severity: int
    visible_at: datetime
    found: Found


@dataclass(frozen=True, slots=True)
class ScenarioRules:
    """The desk's rules for Scenarios, see edit/scenarios.py; the store doesn't know the desk."""

    transition: Callable[[AssertionRecord, str | None, str | None, str | None], str]
    expires_at: Callable[[str | None, datetime], datetime]


def columns(
    record: EventRecord, found: Found, severity: int, visible_at: datetime
) -> dict[str, Any]:
    """The Event's columns that a Revision decides, but for its Story and Update."""
    return {
        "number": record.number,
        "fact_key": found.fact_key,
        "headline": record.headline,
        "category": record.category,
        "status": record.status,
        "severity": severity,
        "severity_origin": found.severity_origin,
        "certainty": record.certainty,
        "breaking": bool(record.breaking),
        "lang": record.lang,
        "occurred_at": record.occurred_at,
        "reported_at": record.reported_at,
        "updated_at": record.updated_at,
        "retracted_at": visible_at if record.retraction else None,
    }


def follow(session: Session, batch: Sequence[Shown], rules: ScenarioRules, now: datetime) -> None:
    """Lets Events follow these Revisions, which are in the order in which they become visible."""
    if not batch:
        return
    stories = _stories(session, batch, now)
    updates = _updates(session, batch, stories)
    newest = list({one.event.id: one for one in batch}.values())
    session.execute(
        update(Event),
        [
            {
                "id": one.event.id,
                "story_id": _id(stories.get(one.found.story_slug)),
                "update_id": _id(updates.get(_update_key(one, stories))),
                **columns(one.record, one.found, one.severity, one.visible_at),
            }
            for one in newest
        ],
    )
    for part in chunks(one.event.id for one in newest if one.number > 1):
        for child in CHILDREN:
            session.execute(
                delete(child).where(child.event_id.in_(part)),
                execution_options={"synchronize_session": False},
            )
    interests = _interests(session, batch)
    _children(session, newest, interests)
    _perspectives(session, batch, newest, stories, interests)
    _assertions(session, batch, stories, rules)
    session.flush()


def _id(row: Story | Update | None) -> int | None:
    return row.id if row is not None else None


def _insert(session: Session, table: type[Base], rows: Iterable[dict[str, Any]]) -> None:
    if values := list(rows):
        session.execute(insert(table), values)


# Stories and Updates ---------------------------------------------------------------------------


def _stories(session: Session, batch: Iterable[Shown], now: datetime) -> dict[str | None, Story]:
    """The Stories and the broader threads above them by slug, made at their first mention."""
    titles: dict[str, str] = {}
    for one in batch:
        if one.found.story_slug is not None:
            titles.setdefault(one.found.story_slug, _title(one.record))
            for slug, title in one.found.parents:
                titles.setdefault(slug, title)
    known: dict[str | None, Story] = {}
    for part in chunks(titles):
        for story in session.scalars(select(Story).where(Story.slug.in_(part))):
            known[story.slug] = story
    for slug, title in titles.items():
        if slug not in known:
            known[slug] = Story(slug=slug, title=title, created_at=now)
            session.add(known[slug])
    session.flush()
    for one in batch:
        _put_below(known, one.found)
    return known


def _title(record: EventRecord) -> str:
    return record.story.title if record.story else record.storyline[-1]


def _put_below(known: Mapping[str | None, Story], found: Found) -> None:
    """A Story that has a broader thread keeps it."""
    if found.story_slug is None:
        return
    below = known[found.story_slug]
    for slug, _ in found.parents:
        above = known[slug]
        if below.parent_id is None and above.id != below.id and above.parent_id != below.id:
            below.parent_id = above.id
        below = above


_UpdateKey = tuple[int, int] | None  # (story id, number)


def _update_key(one: Shown, stories: Mapping[str | None, Story]) -> _UpdateKey:
    story = stories.get(one.found.story_slug)
    if story is None or one.record.update is None:
        return None
    return story.id, one.record.update.number


def _updates(
    session: Session, batch: Iterable[Shown], stories: Mapping[str | None, Story]
) -> dict[_UpdateKey, Update]:
    """The Updates by Story and number; the newest title that is one counts."""
    titles: dict[tuple[int, int], str] = {}
    for one in batch:
        key = _update_key(one, stories)
        if key is not None and one.record.update is not None:
            titles[key] = one.record.update.title or titles.get(key, "")
    known: dict[_UpdateKey, Update] = {}
    for part in chunks(titles, PAIRS):
        these = tuple_(Update.story_id, Update.number).in_(part)
        for row in session.scalars(select(Update).where(these)):
            known[row.story_id, row.number] = row
            row.title = titles[row.story_id, row.number] or row.title
    for key, title in titles.items():
        if key not in known:
            known[key] = Update(story_id=key[0], number=key[1], title=title)
            session.add(known[key])
    session.flush()
    return known


# What hangs on the Event -----------------------------------------------------------------------


def _interests(session: Session, batch: Iterable[Shown]) -> set[int]:
    """Those of the Interests found that are there still: some were found long ago."""
    wanted: set[int] = set()
    for one in batch:
        wanted.update(interest_id for interest_id, _, _ in one.found.interests)
        wanted.update(*one.found.actors.values())
    there: set[int] = set()
    for part in chunks(sorted(wanted)):
        there.update(session.scalars(select(Interest.id).where(Interest.id.in_(part))))
    return there


def _children(session: Session, newest: Sequence[Shown], interests: set[int]) -> None:
    _insert(
        session,
        EventInterest,
        (
            {"event_id": one.event.id, "interest_id": interest_id, "role": role, "origin": origin}
            for one in newest
            for interest_id, role, origin in one.found.interests
            if interest_id in interests
        ),
    )
    _insert(
        session,
        Source,
        (
            {
                "event_id": one.event.id,
                "position": place,
                "publisher": source.publisher,
                "via": source.via,
                "url": source.url,
                "published_on": source.published_on,
                "first": source.first,
            }
            for one in newest
            for place, source in enumerate(one.record.sources)
        ),
    )
    sections = {
        (one.event.id, analysis.section): (place, analysis.text)
        for one in newest
        for place, analysis in enumerate(one.record.analyses)
    }
    _insert(
        session,
        Analysis,
        (
            {"event_id": event_id, "section": section, "position": place, "text": text}
            for (event_id, section), (place, text) in sections.items()
        ),
    )
    _links(session, newest)


def _links(session: Session, newest: Sequence[Shown]) -> None:
    names = {link.event for one in newest for link in one.record.links if link.event}
    others = _named(session, names)
    _insert(
        session,
        Link,
        (
            {
                "event_id": one.event.id,
                "position": place,
                "direction": link.direction,
                "title": link.title,
                "other": link.event,
                "other_id": others.get(link.event or ""),
                "significance": link.significance,
            }
            for one in newest
            for place, link in enumerate(one.record.links)
        ),
    )
    new = {
        name: one.event.id
        for one in newest
        if one.number == 1
        for name in (one.event.external_id, one.event.slug)
    }
    found: list[dict[str, Any]] = []
    for part in chunks(new):
        rows = session.execute(
            select(Link.event_id, Link.position, Link.other).where(
                Link.other_id.is_(None), Link.other.in_(part)
            )
        )
        found += (
            {"event_id": event_id, "position": place, "other_id": new[other or ""]}
            for event_id, place, other in rows
        )
    if found:
        session.execute(update(Link), found)


def _named(session: Session, names: Iterable[str]) -> dict[str, int]:
    """Ids of Events by their sender's id and by their slug."""
    found: dict[str, int] = {}
    for part in chunks(names, PAIRS):
        rows = session.execute(
            select(Event.id, Event.external_id, Event.slug).where(
                Event.external_id.in_(part) | Event.slug.in_(part)
            )
        )
        for event_id, external_id, slug in rows:
            found[external_id] = found[slug] = event_id
    return found


# Perspectives ----------------------------------------------------------------------------------

_VOICE = (
    Perspective.story_id,
    Perspective.event_id,
    Perspective.actor,
    Perspective.as_of,
    Perspective.text,
)
_Voice = tuple[int | None, int | None, str, datetime, str]


def _perspectives(
    session: Session,
    batch: Iterable[Shown],
    newest: Iterable[Shown],
    stories: Mapping[str | None, Story],
    interests: set[int],
) -> None:
    """Perspectives belong to the Story. One that is there already is not stored twice."""
    last = {one.event.id: one.number for one in newest}
    wanted: dict[_Voice, frozenset[int]] = {}
    for one in batch:
        story_id = _id(stories.get(one.found.story_slug))
        if story_id is None and last[one.event.id] != one.number:
            continue
        for said in one.record.perspectives:
            as_of = said.as_of or one.record.updated_at or one.visible_at
            event_id = one.event.id if story_id is None else None
            actors = one.found.actors.get(said.actor, frozenset())
            wanted[story_id, event_id, said.actor, as_of, said.text] = actors & interests
    for known in _said_before(session, wanted):
        wanted.pop(known, None)
    if not wanted:
        return
    rows = session.execute(
        insert(Perspective).returning(Perspective.id, *_VOICE),
        [dict(zip((one.key for one in _VOICE), voice, strict=True)) for voice in wanted],
    )
    ids = {(story_id, event_id, *said): row_id for row_id, story_id, event_id, *said in rows}
    _insert(
        session,
        PerspectiveActor,
        (
            {"perspective_id": ids[voice], "interest_id": interest_id}
            for voice, actors in wanted.items()
            for interest_id in sorted(actors)
        ),
    )


def _said_before(session: Session, wanted: Iterable[_Voice]) -> list[_Voice]:
    """Perspectives of the same Stories and hours."""
    pairs = {(one[0], one[3]) for one in wanted if one[0] is not None}
    found: list[_Voice] = []
    for part in chunks(pairs, PAIRS):
        rows = session.execute(
            select(Perspective.story_id, Perspective.actor, Perspective.as_of, Perspective.text)
            .where(tuple_(Perspective.story_id, Perspective.as_of).in_(part))
        )  # fmt: skip
        found += [(story_id, None, actor, as_of, text) for story_id, actor, as_of, text in rows]
    return found


# Scenarios -------------------------------------------------------------------------------------

_Place = tuple[int | None, str]  # (story id, key)


def _assertions(
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
    _insert(
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


def _place(one: Shown, key: str, stories: Mapping[str | None, Story]) -> _Place:
    story_id = _id(stories.get(one.found.story_slug))
    return story_id, key if story_id is not None else f"event:{one.event.id}:{key}"


def _scenarios(session: Session, places: Iterable[_Place]) -> dict[_Place, dict[str, Any]]:
    """The stored Scenarios at these places, each as its columns."""
    wanted = set(places)
    found: dict[_Place, dict[str, Any]] = {}
    for part in chunks(sorted({key for _, key in wanted})):
        for row in session.execute(
            select(*Scenario.__table__.columns).where(Scenario.key.in_(part))
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
