"""Dossier: everything that is stored of one Event and visible now, as its page shows it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from digest.edit.changes import changes
from digest.edit.compose import HORIZONS, KINDS
from digest.errors import NotFound
from digest.models import Assertion, Event, Revision, Scenario
from digest.models.content import Change
from digest.models.desk import Material, View
from digest.models.record import AssertionRecord, CorrectionRecord, EventRecord, RetractionRecord
from digest.models.words import SeverityOrigin
from digest.store import events


@dataclass(frozen=True, slots=True)
class Outlook:
    """One thing that could happen next. `moved` is what this Revision did to the Scenario."""

    said: AssertionRecord
    moved: str
    first_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tie:
    """A cause or an effect; `slug` is the other Event's, if it is stored and visible."""

    direction: str
    title: str
    significance: str | None
    slug: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """A visible Revision and what it changed. The first one changed nothing."""

    number: int
    code: str
    at: datetime
    changes: tuple[Change, ...]
    correction: CorrectionRecord | None
    retraction: RetractionRecord | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """The newest visible Revision with all around it.

    `stands` has the newest Perspective of each Actor, `earlier_stands` the others, newest first;
    `derived` says that nobody stated the severity. `steps` are newest first.
    """

    material: Material
    number: int
    derived: bool
    outlooks: tuple[Outlook, ...]
    ties: tuple[Tie, ...]
    stands: tuple[View, ...]
    earlier_stands: tuple[View, ...]
    steps: tuple[Step, ...]

    @property
    def record(self) -> EventRecord:
        return self.material.record

    @property
    def righted(self) -> tuple[Step, ...]:
        """The Revisions that put something right, newest first."""
        return tuple(step for step in self.steps if step.correction or step.retraction)


def dossier(session: Session, slug: str, now: datetime) -> Dossier:
    """
    Raises:
        NotFound: there is no such Event, or it is not visible yet.
    """
    rows = session.execute(
        select(Revision, Event)
        .join(Event, Event.id == Revision.event_id)
        .where(Event.slug == slug, Revision.visible_at <= now)
        .order_by(Revision.number)
    ).all()
    if not rows:
        raise NotFound("There is no such event here.")
    revisions, event = [row.Revision for row in rows], rows[-1].Event
    newest = revisions[-1]
    key = (event.id, newest.number)
    material = events.materials(session, {key})[key]
    stands, earlier = _stands(material, now)
    return Dossier(
        material=material,
        number=newest.number,
        derived=event.revision == newest.number and event.severity_origin == SeverityOrigin.DERIVED,
        outlooks=_outlooks(session, event.id, newest.number, material.record),
        ties=_ties(session, material.record, now),
        stands=stands,
        earlier_stands=earlier,
        steps=tuple(reversed(list(_steps(revisions)))),
    )


def _steps(revisions: Iterable[Revision]) -> Iterable[Step]:
    before: tuple[EventRecord, int] | None = None
    for one in revisions:
        record = EventRecord.model_validate(one.record)
        yield Step(
            number=one.number,
            code=one.code,
            at=one.visible_at,
            changes=changes(before[0], record, (before[1], one.severity)) if before else (),
            correction=record.correction,
            retraction=record.retraction,
        )
        before = record, one.severity


def _outlooks(
    session: Session, event_id: int, revision: int, record: EventRecord
) -> tuple[Outlook, ...]:
    """Nearest horizon first, then by kind; unknown words last."""
    rows = session.execute(
        select(Assertion.position, Assertion.state, Scenario.first_at)
        .join(Scenario, Scenario.id == Assertion.scenario_id)
        .where(Assertion.event_id == event_id, Assertion.revision == revision)
    )
    stored: Mapping[int, tuple[str, datetime]] = {row[0]: (row[1], row[2]) for row in rows}
    found = []
    for place, said in enumerate(record.assertions):
        moved, first_at = stored.get(place, (said.state or "", None))
        found.append(Outlook(said, moved, first_at))
    found.sort(key=lambda one: (_place(HORIZONS, one.said.horizon), _place(KINDS, one.said.kind)))
    return tuple(found)


def _place(order: tuple[str, ...], word: str | None) -> int:
    return order.index(word) if word in order else len(order)


def _ties(session: Session, record: EventRecord, now: datetime) -> tuple[Tie, ...]:
    names = [link.event for link in record.links if link.event]
    slugs: dict[str, str] = {}
    if names:
        for external_id, slug in session.execute(
            select(Event.external_id, Event.slug).where(
                or_(Event.external_id.in_(names), Event.slug.in_(names)), Event.visible_at <= now
            )
        ):
            slugs[external_id] = slugs[slug] = slug
    return tuple(
        Tie(link.direction, link.title, link.significance, slugs.get(link.event or ""))
        for link in record.links
    )


def _stands(material: Material, now: datetime) -> tuple[tuple[View, ...], tuple[View, ...]]:
    """(the newest of each Actor, the others); nothing from after `now`."""
    known = sorted(
        (view for view in material.views if view.as_of <= now),
        key=lambda view: (-view.as_of.timestamp(), view.actor),
    )
    newest: dict[str, View] = {}
    for view in known:
        newest.setdefault(view.actor.casefold(), view)
    first = tuple(newest.values())
    return first, tuple(view for view in known if view not in first)
