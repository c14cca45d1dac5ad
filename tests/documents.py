"""Small documents of every form, written for these tests, and the shortest ways to read them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest import formats
from digest.formats import Entry
from digest.models.record import EventRecord

NOW = datetime(2026, 6, 5, 12, tzinfo=UTC)

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data"
needs_shared_data = pytest.mark.skipif(not SHARED.is_dir(), reason="no data beside the checkout")


def entries(document: bytes | str | Any, **options: Any) -> list[Entry]:
    if not isinstance(document, (bytes, str)):
        document = json.dumps(document)
    data = document.encode() if isinstance(document, str) else document
    return list(formats.parse(data, now=NOW, **options))


def records(document: bytes | str | Any, **options: Any) -> list[EventRecord]:
    return [entry.record for entry in entries(document, **options) if entry.record]


def only(document: bytes | str | Any, **options: Any) -> EventRecord:
    (entry,) = entries(document, **options)
    assert entry.error is None, entry.error
    assert entry.record is not None
    return entry.record


def rss(*items: str, channel: str = "", head: str = "", namespaces: str = "") -> str:
    inside = "".join(f"<item>{item}</item>" for item in items)
    title = "" if "<title>" in channel else "<title>The Harbour Post</title>"
    link = "<link>https://www.harbour.example/</link>"
    return (
        f'{head}<rss version="2.0" {namespaces}>'
        f"<channel>{title}{link}{channel}{inside}</channel></rss>"
    )


CAP = "urn:oasis:names:tc:emergency:cap:1.2"


def cap(info: str | None = None, *, version: str = "1.2", prefix: str = "", **values: str) -> str:
    """A CAP alert; `values` replace or add elements of the alert itself."""
    own = {
        "identifier": "W-1",
        "sender": "met@coast.example",
        "sent": "2026-06-04T08:00:00+02:00",
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Public",
        **values,
    }
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in own.items())
    text = f"<alert>{inside}{cap_info() if info is None else info}</alert>"
    if prefix:
        text = text.replace("</", "</\0").replace("<", f"<{prefix}:").replace(":/\0", ":/")
        text = text.replace(f"<{prefix}:/", f"</{prefix}:")
    name = f"xmlns:{prefix}" if prefix else "xmlns"
    return text.replace("alert>", f'alert {name}="{CAP[:-1]}{version[-1]}">', 1)


def cap_info(**values: str) -> str:
    own = {
        "language": "en-GB",
        "category": "Met",
        "event": "Storm surge",
        "urgency": "Immediate",
        "severity": "Severe",
        "certainty": "Likely",
        "senderName": "Coast Met Office",
        "headline": "Storm surge warning for the outer islands",
        "description": "Water rises until noon.",
        **values,
    }
    area = own.pop("area", "<area><areaDesc>Outer Islands; East Quay</areaDesc></area>")
    return (
        "<info>" + "".join(f"<{name}>{value}</{name}>" for name, value in own.items()) + area
    ) + "</info>"


RICH = {
    "id": "harbour-asks",
    "briefing": {"title": "Strait Crisis 2026", "note": "shown above the date"},
    "update": {"number": 7, "title": "Pilots stop; insurers wait", "label": "Update 7"},
    "event_number": None,
    "event_number_note": "the page shows no number",
    "headline": "Harbour asks navy: escorts or not?",
    "standfirst": "The harbour's council put the question in writing.",
    "page_date_raw": "4JUN",
    "page_datetime": "2026-06-04T11:25:00Z",
    "category": "conflict",
    "status": "developing",
    "key_takeaway": "The letter makes a silence into an answer.",
    "body": ["The letter went out at dawn , and no reply came.", "The pilots wait."],
    "deep_analysis": {
        "in_plain_english": "They asked for guards and want it on paper.",
        "synthesis": "Read with Event 5 (the tug's return), the letter is a second step.",
        "root_causes": "Nobody pays for escorts in a strait that two states claim.",
        "escalation": "A refusal would close the pilot station.",
    },
    "scenarios": [
        {
            "kind": "risk",
            "text": "The station closes.",
            "horizon": "short",
            "confidence": "suggested",
            "odds": "nobody gave any",
        },
        {"kind": "meaning", "text": "The council is on record.", "horizon": "immediate"},
    ],
    "first_reported_in": {
        "update_number": 7,
        "publisher": "Harbour Post",
        "date": "2026-03-05",
        "date_raw": "5 Mar 2026",
        "url": None,
        "url_note": "the address was not kept",
    },
    "sources_named_in_text": [{"publisher": "Harbour Post"}, {"publisher": "Island Radio"}],
    "causes_and_effects": {
        "this_event": {
            "title": "Harbour asks navy: escorts or not?",
            "significance": "It is the first written request of this war.",
        },
        "causes": [{"title": "Tug attacked", "significance": "It showed the gap.", "event": "tug"}],
        "effects": ["Insurers wait"],
        "note": "only the neighbours are drawn",
    },
    "event_references": [
        {"label": "Event 5", "number": 5, "gloss": "the tug's return", "where": "synthesis"}
    ],
    "perspectives": [
        {"actor": "Navy", "text": "It said nothing until 3 June."},
        {"actor": "Pilots", "text": "They stay ashore.", "as_of": "2026-06-02T06:00:00Z"},
    ],
    "derived": {
        "note": "ours, not on the page",
        "actors": ["Navy", "Harbour council"],
        "regions": ["The Strait"],
        "topics": ["shipping"],
    },
    "site_chrome": {"banner": {"text": "We are a little slow this week."}},
}

NEUTRAL = {
    "id": "n-1",
    "published_at": "2026-03-05T00:00:00Z",
    "time_precision": "day",
    "headline": "Two ferries collide off the eastern quay, and…",
    "headline_derived": True,
    "summary": "Two ferries collide off the eastern quay, and forty people are hurt.",
    "body": "Two ferries collide off the eastern quay, and forty people are hurt.\n\nBoth float.",
    "url": "https://radio.example/ferries",
    "publisher": "Island Radio",
    "sources": [
        {"publisher": "AFP", "via": "Island Radio", "url": "https://radio.example/ferries"}
    ],
    "category": "Disasters and accidents",
    "storyline": ["Summer of accidents", "Ferry accidents"],
    "countries": ["GR"],
    "countries_day": ["GR", "TR"],
    "tags": ["Greece", "Ferry"],
    "links": [{"text": "ferries", "title": "Ferry"}],
    "lang": "en",
}


NINJS = {"uri": "urn:x:1", "versionCreated": "2026-06-04T10:00:00Z", "headline": "Quay reopens"}
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Harbour Post",
    "items": [{"id": "1", "title": "Quay reopens"}],
}
NEWSML = (
    '<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:x:2">'
    "<contentMeta><headline>Quay reopens</headline></contentMeta></newsItem>"
)
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>Post</title>'
    "<entry><id>urn:e:1</id><title>Quay reopens</title></entry></feed>"
)
