"""ninjs 1.x to 3.x."""

from datetime import UTC, datetime
from typing import Any

import pytest
from documents import entries, only

OLD = {
    "uri": "urn:wire:1",
    "type": "text",
    "versioncreated": "2026-03-05T07:00:00Z",
    "pubstatus": "usable",
    "urgency": 3,
    "language": "en",
    "headline": "Quay reopens",
    "body_html": "<p>Ferries run.</p><p>Slowly.</p>",
    "description_text": "After the storm.",
    "subject": [{"name": "Politics", "code": "11000000"}],
    "place": [{"name": "Port"}],
    "source": "Wire",
}
NEW = {
    "uri": "https://wire.example/2",
    "firstCreated": "2026-03-05T07:00:00Z",
    "versionCreated": "2026-03-05T09:00:00Z",
    "pubStatus": "usable",
    "urgency": 5,
    "language": "nb-no",
    "headlines": [
        {"role": "sub", "value": "Ferjene går"},
        {"role": "main", "value": "Kaia åpner igjen"},
    ],
    "bodies": [
        {"contentType": "text/plain", "value": "En. To."},
        {"contentType": "text/html", "value": "<p>En.</p><p>To.</p>"},
        {"contentType": "text/vnd.IPTC.NITF", "value": "<nitf><head/></nitf>"},
    ],
    "people": [{"name": "A. Gull"}],
    "organisations": [{"name": "Port Council"}],
    "copyrightHolder": "NWire",
}


def test_the_first_version_is_read() -> None:
    record = only(OLD)
    assert (record.id, record.headline) == ("urn:wire:1", "Quay reopens")
    assert (record.standfirst, record.body) == ("After the storm.", ("Ferries run.", "Slowly."))
    assert (record.category, record.severity_prior) == ("politics", 3)
    assert record.sources[0].publisher == "Wire"
    assert [(i.name, i.kind) for i in record.interests] == [
        ("Port", "region"),
        ("Politics", "topic"),
    ]


def test_the_third_version_is_read() -> None:
    record = only(NEW)
    assert record.headline == "Kaia åpner igjen"
    assert record.body == ("En.", "To.")
    assert (record.lang, record.url) == ("nb-NO", "https://wire.example/2")
    assert record.reported_at == datetime(2026, 3, 5, 7, tzinfo=UTC)
    assert record.updated_at == datetime(2026, 3, 5, 9, tzinfo=UTC)
    assert record.sources[0].publisher == "NWire"
    assert {(i.name, i.kind) for i in record.interests} == {
        ("A. Gull", "actor"),
        ("Port Council", "actor"),
    }


def test_html_that_only_adds_furniture_gives_way_to_the_plain_text() -> None:
    page = "<h1>Kaia åpner igjen</h1><div>Torsdag</div><p>En. To.</p>"
    bodies = [NEW["bodies"][0], {"contentType": "text/html", "value": page}]
    assert only({**NEW, "bodies": bodies}).standfirst == "En. To."


@pytest.mark.parametrize(("urgency", "prior"), [(1, 4), (4, 3), (8, 1), (9, None), ("x", None)])
def test_urgency_is_a_prior_that_never_makes_an_event_critical(
    urgency: Any, prior: int | None
) -> None:
    assert only({**OLD, "urgency": urgency}).severity_prior == prior


def test_a_date_in_the_diary_has_no_severity() -> None:
    diary = {**NEW, "urgency": 1, "eventDetails": {"dates": {"expectedStartDate": "2026-07-01"}}}
    record = only(diary)
    assert record.severity_prior is None
    assert record.occurred_at == datetime(2026, 7, 1, tzinfo=UTC)
    assert record.time_precision == "day"


@pytest.mark.parametrize("word", ["canceled", "stat:canceled", "cancelled"])
def test_a_cancelled_item_is_a_retraction(word: str) -> None:
    record = only({**OLD, "pubstatus": word, "ednote": "The quay stays shut."})
    assert record.retraction is not None
    assert record.retraction.reason == "The quay stays shut."


def test_a_withheld_item_is_refused() -> None:
    (entry,) = entries({**NEW, "pubStatus": "withheld"})
    assert entry.error == "the sender withholds it"


def test_an_embargo_is_kept() -> None:
    record = only({**NEW, "embargoed": "2026-03-06T12:00:00+01:00"})
    assert record.visible_at == datetime(2026, 3, 6, 11, tzinfo=UTC)
    (entry,) = entries({**NEW, "embargoed": "after lunch"})
    assert entry.error is not None


def test_lists_are_read_item_by_item() -> None:
    assert [entry.place for entry in entries([OLD, NEW])] == ["entry 1", "entry 2"]
