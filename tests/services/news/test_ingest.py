"""Import: what one record does to the others, which is nothing."""

import hashlib
import itertools
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from digest.edit import slug
from digest.formats import Entry
from digest.models import Event
from digest.models.record import EventRecord
from digest.services.app import App
from digest.services.news.ingest import Summary, ingest

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


def brought_in(app: App, *records: dict[str, Any]) -> Summary:
    """What became of these records, each of which has a headline of its own or is given one."""
    entries = [
        Entry(
            f"entry {place}",
            EventRecord.model_validate({"headline": f"Headline {place}"} | one),
        )
        for place, one in enumerate(records, 1)
    ]
    return ingest(app, entries, NOW)


def stored(app: App) -> dict[str, str]:
    """Slugs by the sender's id."""
    with app.db.read() as session:
        return {one.external_id: one.slug for one in session.scalars(select(Event))}


def of_one_mark(length: int) -> tuple[str, str]:
    """Two ids whose hashes begin with the same characters."""
    seen: dict[str, str] = {}
    for number in itertools.count():
        name = f"urn:oid:2.49.0.1.840.0.{number}"
        mark = hashlib.sha256(name.encode()).hexdigest()[:length]
        if mark in seen:
            return seen[mark], name
        seen[mark] = name
    raise AssertionError


@pytest.mark.parametrize("at_once", [True, False])
def test_two_ids_of_one_headline_and_mark_are_two_events(
    app_on_both: App, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    monkeypatch.setattr(slug, "MARKS", (4, 20, 64))
    first, second = ({"id": one, "headline": "Flood Warning"} for one in of_one_mark(4))
    if at_once:
        summary = brought_in(app_on_both, first, second, {"id": "fine"})
    else:
        summary = brought_in(app_on_both, first)
        summary.add(brought_in(app_on_both, second, {"id": "fine"}))
    assert (summary.new, summary.refused) == (3, [])
    slugs = stored(app_on_both)
    assert len(slugs[first["id"]]) == len("flood-warning-") + 4
    assert len(slugs[second["id"]]) == len("flood-warning-") + 20


def test_an_event_keeps_its_slug_whatever_marks_are_given_now(
    app_on_sqlite: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slug, "MARKS", (6,))
    brought_in(app_on_sqlite, {"id": "a"})
    before = stored(app_on_sqlite)
    monkeypatch.undo()
    assert brought_in(app_on_sqlite, {"id": "a", "headline": "Another one"}).revised == 1
    assert stored(app_on_sqlite) == before
