"""ninjs, the IPTC's news in JSON: 1.x (headline, body_text), 2.x and 3.x (headlines, bodies)."""

from collections.abc import Iterator
from typing import Any

from digest.errors import InputError
from digest.formats import hazards, values
from digest.formats.entry import Entry, Notes, assemble
from digest.formats.json_text import read_pieces
from digest.formats.text import any_line, any_paragraphs, html_paragraphs, line, paragraphs
from digest.models.record import EventRecord

Fields = dict[str, Any]

MARKS = frozenset(
    """
    headlines bodies descriptions eventDetails versionCreated versioncreated pubStatus pubstatus
    body_text body_html body_xhtml description_text copyrightHolder
    """.split()  # noqa: SIM905
)
"""Keys that, beside `uri`, tell a ninjs document."""

_ABOUT = (
    (("people", "person"), "actor"),
    (("organisations", "organisation"), "actor"),
    (("places", "place"), "region"),
    (("subjects", "subject"), "topic"),
)
_CANCELLED = "The sender has cancelled this item."


def read(data: bytes) -> Iterator[Entry]:
    """The items of a document: one, a list, or JSON lines.

    Raises:
        InputError: it is not JSON.
    """
    return read_pieces(data, _record)


def _record(item: Fields, notes: Notes) -> EventRecord:
    status = line(_first(item, "pubStatus", "pubstatus")).rsplit(":", 1)[-1].casefold()
    if status == "withheld":
        raise InputError("the sender withholds it")
    headline = _headline(item)
    summary = _description(item)
    body = _body(item, headline)
    created = values.instant(_first(item, "firstCreated", "firstcreated"), "date", notes)
    version = _first(item, "contentCreated", "versionCreated", "versioncreated")
    changed = values.instant(version, "date of this version", notes)
    url = values.http_url(_web_address(item), notes)
    reported = created or changed
    urgency = item.get("urgency")  # of an event in a diary it tells nothing
    fields: Fields = {
        "id": values.scoped_id(item.get("uri"), "ninjs"),
        "headline": headline,
        "standfirst": summary or (body[0] if body else None),
        "body": body if summary or len(body) > 1 else (),
        "reported_at": reported,
        "updated_at": changed if created and changed != created else None,
        "visible_at": values.embargo(item.get("embargoed")),
        "url": url,
        "lang": values.language(item.get("language")),
        "severity_prior": None if "eventDetails" in item else hazards.urgency_severity(urgency),
        "interests": _about(item),
        "category": _category(item),
        "sources": _sources(item, url, reported),
        "extra": _own_words(item),
    }
    if status in ("canceled", "cancelled"):
        fields["retraction"] = {"reason": line(_first(item, "edNote", "ednote")) or _CANCELLED}
    _dates(item, fields, notes)
    return assemble(fields)


def _headline(item: Fields) -> str:
    titles = _parts(item, "headlines")
    main = [title for title in titles if title.get("role") in ("main", None)] or titles
    written = main[0].get("value") if main else None
    return any_line(written) or any_line(item.get("headline")) or any_line(item.get("title"))


def _description(item: Fields) -> str:
    texts = [part.get("value") for part in _parts(item, "descriptions")]
    texts += [item.get(key) for key in ("description_text", "description_html", "description")]
    return next(filter(None, map(any_line, texts)), "")


def _body(item: Fields, headline: str) -> tuple[str, ...]:
    """Plain and HTML forms of a body often stand together: the one that keeps paragraphs apart,
    unless the HTML only adds a page's furniture (headline, dateline) to the plain text."""
    parts = _parts(item, "bodies")
    plain = [paragraphs(part.get("value")) for part in parts if _kind(part) == "text/plain"]
    plain.append(paragraphs(item.get("body_text")))
    rich = [html_paragraphs(part.get("value")) for part in parts if "html" in _kind(part)]
    rich += [any_paragraphs(part.get("value")) for part in parts if not _kind(part)]
    rich += [html_paragraphs(item.get(key)) for key in ("body_html", "body_xhtml")]
    best_plain, best_rich = max(plain, key=len), max(rich, key=len)
    furnished = bool(best_plain) and set(best_plain) <= set(best_rich)
    told = best_plain if furnished or not best_rich else best_rich
    return told[1:] if told[:1] == (headline,) else told


def _kind(part: Fields) -> str:
    return line(part.get("contentType") or part.get("contenttype")).casefold()


def _about(item: Fields) -> list[Fields]:
    found = []
    for keys, kind in _ABOUT:
        for key in keys:
            names = (any_line(part.get("name")) for part in _parts(item, key))
            found += [{"name": name, "kind": kind} for name in dict.fromkeys(names) if name]
    return found


def _category(item: Fields) -> str | None:
    for subject in (*_parts(item, "subjects"), *_parts(item, "subject")):
        coded = (subject.get(key) for key in ("code", "literal", "uri", "qcode"))
        known = next(filter(None, map(values.iptc_category, coded)), None)
        if known := known or values.known_category(subject.get("name")):
            return known
    return None


def _sources(item: Fields, url: str | None, reported: Any) -> list[Fields]:
    named = [part.get("name") for part in _parts(item, "infoSources")]
    named += [item.get(key) for key in ("source", "copyrightHolder", "copyrightholder", "provider")]
    publisher = next(filter(None, map(line, named)), None) or values.host_of(url)
    if not publisher:
        return []
    published = reported.date() if reported else None
    return [{"publisher": publisher, "url": url, "published_on": published}]


def _dates(item: Fields, fields: Fields, notes: Notes) -> None:
    """When a planned or past event starts."""
    details = item.get("eventDetails")
    dates = details.get("dates") if isinstance(details, dict) else None
    if not isinstance(dates, dict):
        return
    start = next((v for k, v in dates.items() if k.lower().endswith("startdate")), None)
    fields["occurred_at"] = values.instant(start, "start", notes)
    if values.names_only_the_day(start):
        fields["time_precision"] = "day"


def _web_address(item: Fields) -> object:
    """`uri` is a name; only where it is a web address as well can a reader open it."""
    uri = item.get("uri")
    return uri if isinstance(uri, str) and uri.startswith(("http://", "https://")) else None


def _own_words(item: Fields) -> Fields:
    keys = ("by", "byline", "slugline", "edNote", "ednote", "version", "type", "usageTerms")
    return {key: item[key] for key in keys if item.get(key)}


def _first(item: Fields, *keys: str) -> Any:
    return next((item[key] for key in keys if item.get(key)), None)


def _parts(item: Fields, key: str) -> list[Fields]:
    """A list of objects; newer versions of ninjs have lists where samples have one object."""
    value = item.get(key)
    listed = value if isinstance(value, list) else [value]
    return [part for part in listed if isinstance(part, dict)]
