"""The neutral form: JSON lines with a headline, a summary, its sources and labels.

id, published_at, time_precision, headline, headline_derived, summary, body (one text), url,
publisher, sources [{publisher, via, url}], category, storyline, countries (ISO 3166 alpha-2), tags,
lang. Any field of the rich form may stand beside these.

Some senders make these from a source line of the web: "(AFP via The Sun)", and also "(NHK in
Japanese)", so that `via` holds a language. Nobody has carried that report; the language goes to
`extra`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from digest.formats import rich
from digest.formats.entry import Entry, Notes
from digest.formats.json_text import read_pieces
from digest.models.record import EventRecord
from digest.render.locales import is_language

MARKS = frozenset(("summary", "publisher", "countries", "tags"))
"""Keys that only this form has."""

_LABELS = (("countries", "region"), ("tags", None))


def read(data: bytes) -> Iterator[Entry]:
    """The entries of a document.

    Raises:
        InputError: it is not JSON.
    """
    return read_pieces(data, record)


def record(source: Mapping[str, Any], notes: Notes) -> EventRecord:
    """One object as an EventRecord.

    Raises:
        InputError: a value does not fit; says which.
    """
    fields = dict(source)
    if fields.get("standfirst") is None:
        fields["standfirst"] = fields.pop("summary", None)
    _source(fields)
    _labels(fields)
    _linked_words(fields)
    return rich.record(fields, notes)


def _source(fields: dict[str, Any]) -> None:
    publisher = fields.pop("publisher", None)
    if publisher and not fields.get("sources"):
        fields["sources"] = [{"publisher": publisher, "url": fields.get("url")}]
    if isinstance(sources := fields.get("sources"), list):
        fields["sources"] = [_without_language(source) for source in sources]


def _without_language(source: Any) -> Any:
    """`source` with a language that stands as its `via` under a name of its own."""
    via = source.get("via") if isinstance(source, dict) else None
    if not isinstance(via, str) or not is_language(via):
        return source
    return {**source, "via": None, "language": via}


def _labels(fields: dict[str, Any]) -> None:
    interests = fields.get("interests") or []
    if not isinstance(interests, list):
        return  # refused later, by name
    for key, kind in _LABELS:
        names = fields.get(key)
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            interests = [*interests, *({"name": name, "kind": kind} for name in names)]
            del fields[key]
    if interests:
        fields["interests"] = interests


def _linked_words(fields: dict[str, Any]) -> None:
    """`links` here are words of the text that were linked, not causes and effects."""
    links = fields.get("links")
    if isinstance(links, list) and not any("direction" in x for x in links if isinstance(x, dict)):
        del fields["links"]
        if links and isinstance(extra := fields.get("extra") or {}, dict):
            fields["extra"] = {**extra, "links": links}
