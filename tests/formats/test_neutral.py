"""JSON lines with a headline, a summary, sources and labels."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from documents import NEUTRAL, NOW, SHARED, entries, needs_shared_data, only

from digest import formats


def test_a_line_is_read_into_the_nouns_of_a_record() -> None:
    record = only(NEUTRAL)
    assert record.id == "n-1"
    assert record.headline_derived
    assert record.standfirst == NEUTRAL["summary"]
    assert record.body == (NEUTRAL["summary"], "Both float.")
    assert record.reported_at == datetime(2026, 3, 5, tzinfo=UTC)
    assert record.time_precision == "day"
    assert record.category == "disaster"
    assert record.storyline == ("Summer of accidents", "Ferry accidents")
    (source,) = record.sources
    assert (source.publisher, source.via) == ("AFP", "Island Radio")
    assert not source.first
    assert [(interest.name, interest.kind) for interest in record.interests] == [
        ("GR", "region"),
        ("Greece", None),
        ("Ferry", None),
    ]
    assert record.severity is record.severity_prior is None
    assert record.extra == {
        "countries_day": ["GR", "TR"],
        "links": [{"text": "ferries", "title": "Ferry"}],
    }


def test_the_publisher_is_the_source_where_no_sources_are_listed() -> None:
    (source,) = only({**NEUTRAL, "sources": []}).sources
    assert (source.publisher, source.url) == ("Island Radio", "https://radio.example/ferries")


@pytest.mark.parametrize("language", ["Japanese", "spanish", "Brazilian Portuguese"])
def test_a_language_has_carried_nothing(language: str) -> None:
    given = {"publisher": "NHK", "via": language, "url": "https://nhk.example/fire"}
    record = only({**NEUTRAL, "sources": [given]})
    (source,) = record.sources
    assert (source.publisher, source.via, source.url) == ("NHK", None, "https://nhk.example/fire")
    assert language in str(record.extra)


def test_any_field_of_the_rich_form_may_stand_beside() -> None:
    record = only(
        {
            **NEUTRAL,
            "severity": 4,
            "breaking": True,
            "visible_at": "2026-06-05T10:00:00Z",
            "status": "confirmed",
            "takeaway": "Forty are hurt.",
            "scenarios": [{"kind": "risk", "text": "More ferries stop.", "horizon": "short"}],
            "links": [{"direction": "effect", "title": "Line closed"}],
        }
    )
    assert (record.severity, record.breaking, record.status) == (4, True, "confirmed")
    assert record.visible_at == datetime(2026, 6, 5, 10, tzinfo=UTC)
    assert record.assertions[0].text == "More ferries stop."
    assert record.links[0].title == "Line closed"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Armed conflicts and attacks", "conflict"),
        ("International relations", "diplomacy"),
        ("politics and elections", "politics"),
        ("Sports", "sport"),
        ("Disasters and incidents", "disaster"),
        ("Gardening", "Gardening"),
    ],
)
def test_categories_are_known_by_the_names_others_give_them(theirs: str, ours: str) -> None:
    assert only({**NEUTRAL, "category": theirs}).category == ours


@pytest.mark.parametrize("field", ["sources", "tags", "countries", "interests", "storyline"])
@pytest.mark.parametrize("wrong", [5, "text", {"a": 1}, [[1]], [None]])
def test_a_field_of_the_wrong_kind_is_refused_or_kept_and_never_a_crash(
    field: str, wrong: Any
) -> None:
    (entry,) = entries({**NEUTRAL, field: wrong})
    assert (entry.error is None) != (entry.record is None)
    if entry.error:
        assert entry.error.startswith(field)


@pytest.mark.shared_data
@needs_shared_data
def test_five_months_of_real_events_are_read_whole_and_quickly() -> None:
    data = (SHARED / "dev_events" / "events.jsonl").read_bytes()
    began = time.process_time()
    found = list(formats.parse(data, now=NOW))
    took = time.process_time() - began
    assert len(found) == 3_256
    assert not [entry.error for entry in found if entry.error]
    assert len({entry.record.id for entry in found if entry.record}) == 3_256
    assert took < 3  # 0.5 s on the machine it was measured on


@pytest.mark.shared_data
@needs_shared_data
def test_a_gzipped_year_of_real_events_is_read() -> None:
    data = (SHARED / "dev_events_bulk2025" / "events.jsonl.gz").read_bytes()
    assert sum(entry.record is not None for entry in formats.parse(data, now=NOW)) == 5_442
