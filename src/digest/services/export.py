"""Export: Events as they were written down, every sentence of them."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from digest.models import Event, Revision, Story
from digest.models.record import EventRecord
from digest.services.app import App

BATCH = 500


def records(app: App, story: str | None = None) -> Iterator[dict[str, Any]]:
    """The newest Revision of each Event in the rich JSON form, in the order they were stored.

    `story` is the slug of a Story to restrict to.
    """
    after = 0
    while True:
        with app.db.read() as session:
            query = (
                select(Event.id, Revision.record)
                .join(
                    Revision,
                    (Revision.event_id == Event.id) & (Revision.number == Event.revision),
                )
                .where(Event.id > after)
                .order_by(Event.id)
                .limit(BATCH)
            )
            if story is not None:
                query = query.join(Story, Story.id == Event.story_id).where(Story.slug == story)
            rows = session.execute(query).all()
        if not rows:
            return
        for _, record in rows:
            yield rich(EventRecord.model_validate(record))
        after = rows[-1][0]


def rich(record: EventRecord) -> dict[str, Any]:
    """The record in the rich JSON form: empty parts left out, unknown keys back in their place."""
    form = record.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"extra"})
    return {**record.extra, **form}
