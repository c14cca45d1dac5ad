"""What is taken back: Perspectives know their Event and their hours, Assertions their end

Works with the code of the release before it: the new columns are nullable. While that code still
runs it shows fewer Perspectives of a Story, and what it stores is shown but never taken back.

Perspectives are stored anew from the Revisions: of the old rows nobody knows whose they were.

Revision: 0003, after 0002.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)
EVENTS_AT_A_TIME = 200

events = sa.table("events", sa.column("id"), sa.column("story_id"))
revisions = sa.table(
    "revisions",
    sa.column("event_id"),
    sa.column("number"),
    sa.column("visible_at", INSTANT),
    sa.column("record", JSON),
    sa.column("found"),
)
perspectives = sa.table(
    "perspectives",
    sa.column("id", sa.BigInteger()),
    sa.column("story_id"),
    sa.column("event_id"),
    sa.column("actor"),
    sa.column("text"),
    sa.column("as_of", INSTANT),
    sa.column("shown_at", INSTANT),
    sa.column("gone_at", INSTANT),
)
actors = sa.table("perspective_actors", sa.column("perspective_id"), sa.column("interest_id"))


TAKEN_BACK = (
    """
    UPDATE assertions SET gone_at = (SELECT retracted_at FROM events WHERE id = event_id)
    """,
    """
    UPDATE assertions SET gone_at = (
        SELECT min(visible_at) FROM revisions AS correction
        WHERE correction.event_id = assertions.event_id
        AND correction.number > assertions.revision
        AND correction.code = 'correct'
        AND correction.found IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM assertions AS repeated
            WHERE repeated.event_id = correction.event_id
            AND repeated.revision = correction.number
            AND repeated.scenario_id = assertions.scenario_id
        )
    ) WHERE gone_at IS NULL
    """,
)


def upgrade() -> None:
    op.add_column("assertions", sa.Column("gone_at", INSTANT, nullable=True))
    for statement in TAKEN_BACK:
        op.execute(statement)
    op.add_column("perspectives", sa.Column("shown_at", INSTANT, nullable=True))
    op.add_column("perspectives", sa.Column("gone_at", INSTANT, nullable=True))
    database = op.get_bind()
    interests: dict[str, set[int]] = defaultdict(set)  # by label
    for label, interest_id in database.execute(
        sa.select(perspectives.c.actor, actors.c.interest_id)
        .join(actors, actors.c.perspective_id == perspectives.c.id)
        .distinct()
    ):
        interests[label].add(interest_id)
    database.execute(sa.delete(actors))
    database.execute(sa.delete(perspectives))
    ids = database.scalars(sa.select(events.c.id).order_by(events.c.id)).all()
    number = 0
    for start in range(0, len(ids), EVENTS_AT_A_TIME):
        part = ids[start : start + EVENTS_AT_A_TIME]
        rows = [{"id": number + n, **row} for n, row in enumerate(_said(database, part), 1)]
        number += len(rows)
        if rows:
            database.execute(sa.insert(perspectives), rows)
        behind = [
            {"perspective_id": row["id"], "interest_id": interest_id}
            for row in rows
            for interest_id in sorted(interests[row["actor"]])
        ]
        if behind:
            database.execute(sa.insert(actors), behind)
    if database.dialect.name == "postgresql":
        database.execute(
            sa.text("SELECT setval(pg_get_serial_sequence('perspectives', 'id'), :next, false)"),
            {"next": number + 1},
        )


def _said(database: sa.Connection, ids: list[int]) -> Iterator[dict[str, Any]]:
    """What these Events say and said, by their Revisions that are visible."""
    rows = database.execute(
        sa.select(
            revisions.c.event_id,
            revisions.c.visible_at,
            revisions.c.record["perspectives"].label("perspectives"),
            revisions.c.record["updated_at"].label("updated_at"),
            revisions.c.record["retraction"].label("retraction"),
            events.c.story_id,
        )
        .join(events, events.c.id == revisions.c.event_id)
        .where(revisions.c.event_id.in_(ids), revisions.c.found.is_(None))
        .order_by(revisions.c.event_id, revisions.c.number)
    )
    held: dict[int, dict[tuple[str, str, datetime], dict[str, Any]]] = defaultdict(dict)
    for row in rows:
        before, now = held[row.event_id], {}
        first: dict[tuple[str, str], datetime] = {}
        for actor, text, as_of in sorted(before, key=lambda voice: voice[2]):
            first.setdefault((actor, text), as_of)
        for one in () if row.retraction else row.perspectives or ():
            actor, text = one["actor"], one["text"]
            if stated := one.get("as_of"):
                as_of = _instant(stated)
            else:
                as_of = first.get((actor, text)) or _instant(row.updated_at or row.visible_at)
            now[actor, text, as_of] = before.get((actor, text, as_of)) or {
                "story_id": row.story_id,
                "event_id": row.event_id,
                "actor": actor,
                "text": text,
                "as_of": as_of,
                "shown_at": _instant(row.visible_at),
                "gone_at": None,
            }
        for voice, said in before.items():
            if voice not in now:
                yield {**said, "gone_at": _instant(row.visible_at)}
        held[row.event_id] = now
    for standing in held.values():
        yield from standing.values()


def _instant(value: str | datetime) -> datetime:
    """In UTC; SQLite keeps instants without an offset, and writes none down."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def downgrade() -> None:
    database = op.get_bind()
    over = sa.select(perspectives.c.id).where(perspectives.c.gone_at.is_not(None))
    database.execute(sa.delete(actors).where(actors.c.perspective_id.in_(over)))
    database.execute(sa.delete(perspectives).where(perspectives.c.gone_at.is_not(None)))
    database.execute(
        sa.update(perspectives).where(perspectives.c.story_id.is_not(None)).values(event_id=None)
    )
    with op.batch_alter_table("perspectives") as batch_op:
        batch_op.drop_column("gone_at")
        batch_op.drop_column("shown_at")
    with op.batch_alter_table("assertions") as batch_op:
        batch_op.drop_column("gone_at")
