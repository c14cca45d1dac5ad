"""Editions, Slots and their Deliveries, written together in one transaction."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from digest.models import Delivery, Edition, Item, Slot
from digest.models.content import EditionContent


def content_key(content: EditionContent) -> str:
    """Equal for equal contents: readers with equal selections share one Edition."""
    text = json.dumps(content.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def save(
    session: Session,
    content: EditionContent,
    hashes: Mapping[tuple[int, int], str],
    now: datetime,
) -> int:
    """Stores an Edition and its Items once; returns its id.

    `hashes` gives the content hash of each (event id, revision).
    """
    key = content_key(content)
    known = session.scalar(select(Edition.id).where(Edition.content_key == key))
    if known is not None:
        return known
    edition = Edition(
        content_key=key,
        kind=content.kind,
        code=content.code,
        content=content.model_dump(mode="json"),
        created_at=now,
    )
    session.add(edition)
    session.flush()
    if content.items:
        session.execute(
            insert(Item),
            [
                {
                    "edition_id": edition.id,
                    "position": place,
                    "event_id": item.event_id,
                    "revision": item.revision,
                    "section": item.section,
                    "content_hash": hashes.get((item.event_id, item.revision), ""),
                    "reasons": [reason.model_dump(mode="json") for reason in item.reasons],
                }
                for place, item in enumerate(content.items)
            ],
        )
    return edition.id


def add_slots(session: Session, rows: Sequence[dict[str, Any]]) -> set[tuple[int, str, str]]:
    """Inserts Slots; those that exist already stay. Returns the keys of the new ones."""
    return _insert_new(session, Slot, rows, ("subscriber_id", "kind", "key"))


def add_deliveries(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Inserts Deliveries; one that exists for its Destination and slot stays as it is."""
    return len(_insert_new(session, Delivery, rows, ("destination_id", "slot")))


def _insert_new(
    session: Session, table: type, rows: Sequence[dict[str, Any]], unique: tuple[str, ...]
) -> set[tuple[Any, ...]]:
    if not rows:
        return set()
    make: Any = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    columns = [getattr(table, name) for name in unique]
    found: set[tuple[Any, ...]] = set()
    for start in range(0, len(rows), 500):
        result = session.execute(
            make(table).on_conflict_do_nothing(index_elements=list(unique)).returning(*columns),
            list(rows[start : start + 500]),
        )
        found.update(tuple(row) for row in result)
    return found


def load(session: Session, edition_id: int) -> EditionContent | None:
    """The content of an Edition, as it was stored."""
    content = session.scalar(select(Edition.content).where(Edition.id == edition_id))
    return None if content is None else EditionContent.model_validate(content)
