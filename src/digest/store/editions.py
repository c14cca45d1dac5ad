"""Editions, Slots and their Deliveries, written together in one transaction."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from digest.models import Delivery, Edition, Event, Item, Slot
from digest.models.content import EditionContent
from digest.store import stored
from digest.store.chunks import chunks
from digest.store.upsert import columns_of, insert_new

_ITEMS = insert(columns_of(Item))


def content_key(dumped: Mapping[str, Any]) -> str:
    """Equal for equal contents: readers with equal selections share one Edition."""
    text = json.dumps(dumped, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def save(
    session: Session,
    contents: Sequence[EditionContent],
    hashes: Mapping[tuple[int, int], str],
    now: datetime,
) -> list[int]:
    """Stores Editions with their Items, equal ones once; returns their ids in the same order.

    `hashes` gives the content hash of each (event id, revision). Two planners that store the same
    Edition at the same moment end with one.
    """
    dumped = [content.model_dump(mode="json") for content in contents]
    keys = [content_key(one) for one in dumped]
    by_key = dict(zip(keys, contents, strict=True))
    rows = {
        key: {
            "content_key": key,
            "kind": one["kind"],
            "code": one["code"],
            "content": one,
            "created_at": now,
        }
        for key, one in zip(keys, dumped, strict=True)
    }
    new = insert_new(session, Edition, list(rows.values()), ("content_key",), ("id",))
    fresh: dict[str, int] = dict(new)
    ids = dict(fresh)
    for part in chunks(by_key.keys() - ids.keys()):
        found = select(Edition.content_key, Edition.id).where(Edition.content_key.in_(part))
        ids.update((key, edition_id) for key, edition_id in session.execute(found))
    items = [row for key in by_key if key in fresh for row in _items(ids[key], by_key[key], hashes)]
    if items:
        session.execute(_ITEMS, items)
    return [ids[key] for key in keys]


def _items(
    edition_id: int, content: EditionContent, hashes: Mapping[tuple[int, int], str]
) -> list[dict[str, Any]]:
    return [
        {
            "edition_id": edition_id,
            "position": place,
            "event_id": item.event_id,
            "revision": item.revision,
            "section": item.section,
            "content_hash": hashes.get((item.event_id, item.revision), ""),
            "reasons": [reason.model_dump(mode="json") for reason in item.reasons],
        }
        for place, item in enumerate(content.items)
    ]


def add_slots(session: Session, rows: Sequence[dict[str, Any]]) -> set[tuple[int, str, str]]:
    """Inserts Slots; those that exist already stay. Returns the keys of the new ones."""
    return insert_new(session, Slot, rows, ("subscriber_id", "kind", "key"))


def add_deliveries(session: Session, rows: Sequence[dict[str, Any]]) -> int:
    """Inserts Deliveries; one that exists for its Destination and slot stays as it is."""
    return len(insert_new(session, Delivery, rows, ("destination_id", "slot")))


def load_all(session: Session, edition_ids: Iterable[int]) -> dict[int, EditionContent]:
    """The contents of Editions by id, as they were stored, but for those that are not kept any
    more. What an earlier release wrote and this one doesn't accept is left out, which is said
    once."""
    found: dict[int, EditionContent] = {}
    for part in chunks(edition_ids):
        for number, content in session.execute(
            select(Edition.id, Edition.content).where(
                Edition.id.in_(part), Edition.pruned_at.is_(None)
            )
        ):
            if (readable := stored.edition(number, content)) is not None:
                found[number] = readable
    return found


def told(session: Session, edition_id: int) -> Sequence[Event]:
    """The Events that an Edition told of, in its order, but for those that were retracted since."""
    return session.scalars(
        select(Event)
        .join(Item, Item.event_id == Event.id)
        .where(Item.edition_id == edition_id, Event.retracted_at.is_(None))
        .order_by(Item.position)
    ).all()
