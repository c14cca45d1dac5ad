"""JSON Feed 1.0 and 1.1."""

from datetime import UTC, datetime
from typing import Any

import pytest
from documents import entries, only

from digest.errors import InputError


def feed(*items: Any, **values: Any) -> dict[str, Any]:
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Harbour Post &#8211; News",
        "home_page_url": "https://www.harbour.example/",
        "language": "en-gb",
        "items": list(items),
        **values,
    }


def test_an_item_becomes_a_record() -> None:
    record = only(
        feed(
            {
                "id": 17,
                "url": "https://harbour.example/17",
                "title": "Quay reopens",
                "content_html": "<p>Ferries run.</p><p>Slowly.</p>",
                "date_published": "2026-03-05T07:00:00-05:00",
                "date_modified": "Thu, 05 Mar 2026 14:00:00 +0000",
                "tags": ["Shipping", "Politics"],
                "authors": [{"name": "A. Gull"}, {"name": "B. Tern"}],
            }
        )
    )
    assert record.id == "harbour.example:17"
    assert record.standfirst == "Ferries run."
    assert record.body == ("Ferries run.", "Slowly.")
    assert record.reported_at == datetime(2026, 3, 5, 12, tzinfo=UTC)
    assert record.updated_at == datetime(2026, 3, 5, 14, tzinfo=UTC)
    assert (record.lang, record.category) == ("en-GB", "politics")
    assert record.sources[0].publisher == "Harbour Post"
    assert record.extra == {"author": "A. Gull, B. Tern"}


def test_the_language_of_an_item_wins() -> None:
    assert only(feed({"id": "1", "title": "Quai", "language": "fr"})).lang == "fr"


def test_an_item_that_is_none_is_refused_alone() -> None:
    found = entries(feed("text", {"id": "1"}, {"id": "2", "content_text": "The quay is open."}))
    assert found[0].error == "it is not an object with fields"
    assert found[1].error == "there is no headline, and no text to take one from"
    assert found[2].record is not None
    assert found[2].record.headline == "The quay is open"


def test_a_document_without_items_is_refused() -> None:
    with pytest.raises(InputError, match="no list of items"):
        entries(feed(items=None))
