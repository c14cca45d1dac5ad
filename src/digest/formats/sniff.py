"""Which format a document is in, by what is in it and never by its name alone."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from digest.errors import InputError
from digest.formats import jsonfeed, neutral, newsml, ninjs, rejects
from digest.formats.json_text import is_lines, lines, load
from digest.formats.safe_xml import root_name

_FEED_ROOTS: Final = frozenset(("rss", "RDF", "feed", "channel"))
_CAP_ROOTS: Final = frozenset(("alert", "EDXLDistribution"))
_ALERT_INSIDE = re.compile(rb"<(?:[\w.-]+:)?alert[\s>]")
_CAP_NAMESPACE = b"urn:oasis:names:tc:emergency:cap:"
_FEED_SOMEWHERE = re.compile(rb"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_HEAD = 4096

# What makes a JSON object an Event: our own names and those of the first rich form.
_RICH_MARKS: Final = frozenset(
    """
    headline standfirst takeaway key_takeaway briefing deep_analysis scenarios assertions body
    correction retraction
    """.split()  # noqa: SIM905
)
_KNOWN = "our JSON, JSON lines, RSS, Atom, JSON Feed, CAP, ninjs and NewsML"
_OURS = "Our JSON needs `id` and `headline` in each record; docs/events.md shows one"


def guess(data: bytes) -> str:
    """The format of unpacked `data`: a key of `digest.formats.FORMATS`.

    Raises:
        InputError: it is none that we read; says what it seems to be.
    """
    start = data[:_HEAD].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    if not start:
        raise InputError("it is empty")
    if start in (b"{", b"["):
        return _guess_json(data)
    if start == b"<" or _FEED_SOMEWHERE.search(data[:_HEAD]):
        return _guess_xml(data)
    raise InputError(f"it is none of the formats we read: {_KNOWN}")


def _guess_xml(data: bytes) -> str:
    root = root_name(data)
    if root in _CAP_ROOTS:
        return "cap"
    if root in newsml.ROOTS:
        return "newsml"
    if root in _FEED_ROOTS:
        return "cap" if _CAP_NAMESPACE in data and _ALERT_INSIDE.search(data) else "feed"
    if root is not None and root.casefold() == "html":
        raise InputError("it is a web page, not a feed")
    if root is None and (_FEED_SOMEWHERE.search(data[:_HEAD]) or b"<?xml" in data[:_HEAD]):
        return "feed"  # broken before it begins; its lenient reader may still find entries
    if root is None:
        raise InputError("it is broken XML, or none at all")
    raise InputError(f"it is XML, but <{root:.40}> is none of the formats we read: {_KNOWN}")


def _guess_json(data: bytes) -> str:
    """By the first object that is of a form: what stands before it is refused by itself."""
    found = None
    for found in _objects(data):
        if form := _form(found):
            return form
    if found is None:
        raise InputError("it is JSON without an object in it")
    raise InputError(f"it is JSON, but none of the forms we read: {_KNOWN}. {_OURS}")


def _form(value: Mapping[str, Any]) -> str | None:
    keys = value.keys()
    if keys >= rejects.MARKS:
        return "rejects"
    version = value.get("version")
    if isinstance(version, str) and version.startswith(jsonfeed.VERSION):
        return "jsonfeed"
    if isinstance(value.get("items"), list) and "feed_url" in keys:
        return "jsonfeed"
    if "uri" in keys and (keys & ninjs.MARKS or "type" in keys):
        return "ninjs"
    if keys & neutral.MARKS:
        return "neutral"
    return "rich" if keys & _RICH_MARKS else None


def _objects(data: bytes) -> Iterator[dict[str, Any]]:
    if is_lines(data):
        for text in filter(bytes.strip, lines(data)):
            try:
                value = load(text)
            except InputError:
                continue
            if isinstance(value, dict):
                yield value
        return
    document = load(data)
    for value in document if isinstance(document, list) else [document]:
        if isinstance(value, dict):
            yield value
