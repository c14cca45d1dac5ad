"""Scenarios of Stories: which have moved, and which have run out."""

from datetime import datetime

from sqlalchemy import and_, func, select, update
from sqlalchemy.orm import Session

from digest.models import Assertion, Event, Scenario, Story
from digest.models.desk import Watched

ENDED = ("materialised", "contradicted", "withdrawn", "expired")


def moved_since(session: Session, after: datetime, upto: datetime) -> list[Watched]:
    """Scenarios that last moved in (after, upto], with the Event that moved them."""
    newest = (
        select(Assertion.scenario_id, func.max(Assertion.id).label("id"))
        .where(Assertion.at <= upto)
        .group_by(Assertion.scenario_id)
        .subquery()
    )
    events = (
        select(Assertion.scenario_id, func.count(Assertion.event_id.distinct()).label("count"))
        .group_by(Assertion.scenario_id)
        .subquery()
    )
    rows = session.execute(
        select(Scenario, Story.title, Event.id, Event.slug, events.c.count)
        .join(newest, newest.c.scenario_id == Scenario.id)
        .join(Assertion, Assertion.id == newest.c.id)
        .join(Event, Event.id == Assertion.event_id)
        .join(events, events.c.scenario_id == Scenario.id)
        .outerjoin(Story, Story.id == Scenario.story_id)
        .where(
            Scenario.moved_at > after,
            Scenario.moved_at <= upto,
            Scenario.state != "restated",
            Event.retracted_at.is_(None),
        )
        .order_by(Scenario.id)
    )
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
        )
        for scenario, title, event_id, slug, count in rows
    ]


def expire(session: Session, now: datetime) -> int:
    """Scenarios whose horizon has passed without anything come of them are `expired`."""
    over = and_(Scenario.expires_at <= now, Scenario.state.not_in(ENDED))
    ids = session.scalars(
        update(Scenario)
        .where(over)
        .values(state="expired", moved_at=Scenario.expires_at)
        .returning(Scenario.id)
        .execution_options(synchronize_session=False)
    )
    return len(ids.all())
