"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from digest.errors import InputError
from digest.formats import values
from digest.formats.entry import Entry, NoEntries, Notes, assemble, attempt, refused
from digest.formats.feed import publisher_of
from digest.formats.json_text import load
from digest.formats.text import any_line, html_paragraphs, line, paragraphs
from digest.models.record import EventRecord

VERSION = "https://jsonfeed.org/version/"
MAX_SHARED = 2_000  # characters of a feed's own fields that are kept with a refused item
_SHARED = ("title", "home_page_url", "feed_url", "language")


def read(data: bytes) -> Iterator[Entry]:
    """The entries of a feed.

    Raises:
        NoEntries: it is a feed without entries.
        InputError: it is not a JSON Feed.
    """
    feed = load(data)
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise InputError("it is not a JSON Feed: it has no list of items")
    if not items:
        raise NoEntries("the feed has no entries")
    for number, item in enumerate(items, 1):
        place = f"entry {number}"
        if isinstance(item, dict):
            alone = partial(_alone, item, feed)
            yield attempt(place, alone, partial(_record, item, feed))
        else:
            yield refused(place, _alone(item, feed), "it is not an object with fields")


def _record(item: dict[str, Any], feed: dict[str, Any], notes: Notes) -> EventRecord:
    url = values.http_url(item.get("url") or item.get("external_url"), notes)
    home = values.http_url(feed.get("home_page_url") or feed.get("feed_url"), [])
    host = values.host_of(home) or values.host_of(url)
    publisher = publisher_of(any_line(feed.get("title")), host)
    published = values.instant(item.get("date_published"), "date", notes)
    updated = values.instant(item.get("date_modified"), "date of the update", notes)
    told = html_paragraphs(item.get("content_html")) or paragraphs(item.get("content_text"))
    summary = any_line(item.get("summary"))
    tags = item.get("tags") if isinstance(item.get("tags"), list) else []
    names = [name for name in map(any_line, tags or ()) if name]
    return assemble(
        {
            "id": values.scoped_id(_text_of(item.get("id")), host),
            "headline": any_line(item.get("title")),
            "standfirst": summary or (told[0] if told else None),
            "body": told if summary or len(told) > 1 else (),
            "reported_at": published or updated,
            "updated_at": updated if published and updated != published else None,
            "url": url,
            "lang": values.language(item.get("language"), feed.get("language")),
            "category": next(filter(None, map(values.known_category, names)), None),
            "interests": [{"name": name} for name in dict.fromkeys(names)],
            "sources": [_source(publisher, url, published or updated)] if publisher else [],
            "extra": {"author": author} if (author := _author(item)) else {},
        }
    )


def _alone(item: object, feed: dict[str, Any]) -> dict[str, Any]:
    """The feed with this one item, and with what its Event would take from the feed."""
    shared = {key: str(feed[key])[:MAX_SHARED] for key in _SHARED if feed.get(key)}
    return {"version": f"{VERSION}1.1", **shared, "items": [item]}


def _source(publisher: str, url: str | None, published: Any) -> dict[str, Any]:
    return {
        "publisher": publisher,
        "url": url,
        "published_on": published.date() if published else None,
    }


def _author(item: dict[str, Any]) -> str:
    authors = item.get("authors") or [item.get("author")]
    names = [
        line(author.get("name"))
        for author in (authors if isinstance(authors, list) else [])
        if isinstance(author, dict)
    ]
    return ", ".join(filter(None, names))


def _text_of(own_id: object) -> object:
    """Ids that are numbers in the sender's code are often numbers in its JSON."""
    return str(own_id) if isinstance(own_id, (int, float)) else own_id
