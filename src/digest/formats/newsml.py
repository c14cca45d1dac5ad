"""NewsML-G2 (IPTC) text items and events, and the older NewsML 1.x, by their local names."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

from digest.errors import InputError
from digest.formats import hazards, values
from digest.formats.entry import Entry, Notes, assemble, attempt
from digest.formats.safe_xml import anywhere, lang_of, local, parse_xml, text_of
from digest.formats.text import line
from digest.models.record import EventRecord

_ITEMS = ("newsItem", "packageItem", "conceptItem", "NewsItem")
ROOTS = frozenset((*_ITEMS, "newsMessage", "knowledgeItem", "planningItem", "NewsML"))
_TOLD_IN_WORDS = ("text", "composite", "concept")  # <itemClass>, else a picture, a video, ...
_CANCELLED = "The sender has cancelled this item."


def read(data: bytes) -> Iterator[Entry]:
    """The items of a document; an item that carries several events gives an entry for each.

    Raises:
        InputError: the XML is broken or unsafe, or there is no item in it.
    """
    parts = [
        (item, part)
        for item in anywhere(parse_xml(data), *_ITEMS)
        for part in list(anywhere(item, "event")) or [item]
    ]
    if not parts:
        raise InputError("there is no news item in it")
    whole = None
    for number, (item, part) in enumerate(parts, 1):
        # The item is kept with the first of its events only, lest a refusal grow with their number.
        kept, whole = (part if item is whole else item), item
        yield attempt(f"entry {number}", kept, partial(_record, item, part))


def _record(item: Element, part: Element, notes: Notes) -> EventRecord:
    """`part` is an <event> of the item, or the item itself."""
    _refuse_what_has_no_words(item)
    status = _value(item, "pubStatus") or _value(item, "Status")
    if status == "withheld":
        raise InputError("the sender withholds it")
    created = _time(item, "date", notes, "firstCreated", "contentCreated", "FirstCreated")
    version = _time(item, "date of this version", notes, "versionCreated", "ThisRevisionCreated")
    body = _body(part)
    summary = _text(part, "definition") or _text(part, "description")
    headline = _headline(item, part)
    urgency = _text(item, "urgency") or _value(item, "Urgency")
    fields: dict[str, Any] = {
        "id": _id(item, part, headline),
        "headline": headline,
        "standfirst": summary or (body[0] if body else None),
        "body": body if summary or len(body) > 1 else (),
        "reported_at": created or version,
        "updated_at": version if created and version != created else None,
        "visible_at": values.embargo(_text(item, "embargoed")),
        "occurred_at": _time(part, "start", notes, "start"),
        "lang": values.language(lang_of(item), _attribute(item, "language", "tag")),
        "severity_prior": hazards.urgency_severity(urgency),
        "category": _category(item),
        "interests": _about(item),
        "sources": _sources(item, created or version),
    }
    if status in ("canceled", "cancelled"):
        fields["retraction"] = {"reason": _text(item, "edNote") or _CANCELLED}
    return assemble(fields)


def _refuse_what_has_no_words(item: Element) -> None:
    if local(item) == "packageItem":
        raise InputError("it only groups other items")
    kind = _value(item, "itemClass")
    if kind and kind not in _TOLD_IN_WORDS:
        raise InputError(f"it is a {kind}, not a text")


def _id(item: Element, part: Element, headline: str) -> str | None:
    own = item.get("guid") or _text(item, "PublicIdentifier")
    if own and part is not item:
        own = f"{own}#{headline}".replace(" ", "_")
    return values.scoped_id(own, "newsml")


def _headline(item: Element, part: Element) -> str:
    if local(part) == "event":
        return _text(part, "name")
    if local(part) == "conceptItem":
        return text_of(_find(part, "concept"), "name")
    return _text(item, "headline") or _text(item, "HeadLine")


def _body(part: Element) -> tuple[str, ...]:
    """The paragraphs of what is carried inline, NITF or XHTML."""
    carried = _find(part, "inlineXML", "DataContent")
    told = anywhere(carried, "p", "blockquote", "hl2", "li") if carried is not None else ()
    return tuple(text for text in map(text_of, told) if text)


def _about(item: Element) -> list[dict[str, Any]]:
    places = (text_of(found, "name") for found in anywhere(item, "located"))
    topics = (text_of(found, "name") for found in anywhere(item, "subject"))
    return [
        {"name": name, "kind": kind}
        for kind, names in (("region", places), ("topic", topics))
        for name in dict.fromkeys(names)
        if name
    ]


def _category(item: Element) -> str | None:
    subjects = anywhere(item, "subject", "Subject", "SubjectMatter", "SubjectDetail")
    codes = (found.get("qcode") or found.get("FormalName") for found in subjects)
    return next(filter(None, map(values.iptc_category, codes)), None)


def _sources(item: Element, published: datetime | None) -> list[dict[str, Any]]:
    source = _find(item, "infoSource")
    publisher = (
        text_of(source, "name")
        or text_of(_find(item, "copyrightHolder"), "name")
        or _attribute(item, "Party", "FormalName")
        or _attribute(item, "provider", "qcode").rsplit(":", 1)[-1]
        or values.host_of(_attribute(item, "provider", "uri"))
    )
    published_on = published.date() if published else None
    return [{"publisher": publisher, "published_on": published_on}] if publisher else []


def _time(item: Element, what: str, notes: Notes, *names: str) -> datetime | None:
    written = next(filter(None, (_text(item, name) for name in names)), None)
    return values.instant(written, what, notes)


def _find(item: Element, *names: str) -> Element | None:
    return next(anywhere(item, *names), None)


def _text(item: Element, name: str) -> str:
    return text_of(_find(item, name))


def _attribute(item: Element, name: str, attribute: str) -> str:
    found = _find(item, name)
    return line(found.get(attribute)) if found is not None else ""


def _value(item: Element, name: str) -> str:
    """The word in a controlled value: "stat:usable" (G2) or FormalName="Usable" (1.x)."""
    coded = _attribute(item, name, "qcode") or _attribute(item, name, "FormalName")
    return coded.rsplit(":", 1)[-1].casefold()
