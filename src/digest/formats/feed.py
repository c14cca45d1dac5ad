"""RSS 0.9x to 2.0, RDF (RSS 1.0) and Atom, also with the CAP and GDACS extensions.

feedparser reads what browsers would: a feed that it flags as malformed (`bozo`) still gives the
entries that can be read. It gets a stream of bytes and never an address, so it opens nothing.
"""

import calendar
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import feedparser
from feedparser.exceptions import CharacterEncodingOverride

from digest.errors import InputError
from digest.formats import hazards, values
from digest.formats.entry import Entry, NoEntries, Notes, assemble, attempt
from digest.formats.safe_xml import check_size, without_doctype
from digest.formats.text import any_line, any_paragraphs, html_paragraphs, line, paragraphs
from digest.models.record import EventRecord

MAX_TAGS = 50
MAX_PUBLISHER = 60  # a longer title is a sentence and not a name
_HARMLESS = CharacterEncodingOverride  # the feed is sound, only not in the encoding it names
_TITLE_ENDS = (" – ", " — ", " | ", " - ", ": ", " RSS ")


def read(data: bytes) -> Iterator[Entry]:
    """The entries of a feed.

    Raises:
        NoEntries: it is a sound feed without entries.
        InputError: it is not a feed, or so broken that no entry of it can be read.
    """
    check_size(data)
    found = _parsed(without_doctype(data))
    entries = found.get("entries") or []
    if not entries and not found.get("version"):
        raise InputError("it is not a feed that can be read")
    if not entries:
        if found.get("bozo") and not isinstance(found.get("bozo_exception"), _HARMLESS):
            raise InputError("no entry of the feed can be read")
        raise NoEntries("the feed has no entries")
    feed = _Feed(found.get("feed") or {})
    for number, entry in enumerate(entries, 1):
        alone = partial(feed.alone, entry)
        yield attempt(f"entry {number}", alone, partial(feed.record, entry))


def publisher_of(title: str, host: str | None) -> str | None:
    """The name in a feed's title: "Al Jazeera – Breaking News, World News" -> "Al Jazeera".

    `host` stands in where the title is none, or too long to be a name.
    """
    ends = [at for end in _TITLE_ENDS if (at := f"{title} ".find(end)) > 0]
    name = title[: min(ends)] if ends else title
    return name if 0 < len(name) <= MAX_PUBLISHER else host or name[:MAX_PUBLISHER] or None


def _parsed(data: bytes) -> Any:
    try:
        # HTML becomes plain text below, so there is nothing left to sanitise or to resolve.
        return feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # its lenient parsers raise whatever they stumble over
        raise InputError(f"the feed cannot be read ({type(error).__name__})") from None


class _Feed:
    """What the entries of one feed share: publisher, language, origin of ids."""

    def __init__(self, feed: Any) -> None:
        self.link = values.http_url(_get(feed, "link"), [])
        self.host = values.host_of(self.link)
        self.language = _language(feed, "title_detail")
        self.publisher = publisher_of(any_line(_get(feed, "title")), self.host)

    def record(self, entry: Any, notes: Notes) -> EventRecord:
        fields = self._common(entry, notes)
        _tags(entry, fields)
        _gdacs(entry, fields, notes)
        _cap(entry, fields, notes)
        return assemble(fields)

    def alone(self, entry: Any) -> dict[str, Any]:
        """A refused entry in our own form, as a feed cannot be taken apart: to be put right."""
        fields = {key: value for key, value in self._common(entry, []).items() if value}
        fields.setdefault("headline", "")
        try:
            hazards.refuse_exercise(_get(entry, "cap_status"))
        except InputError:
            return {"exercise": fields}  # which nobody reads as an Event by accident
        return fields

    def _common(self, entry: Any, notes: Notes) -> dict[str, Any]:
        own_id = line(_get(entry, "id"))
        url = values.http_url(_get(entry, "link"), notes) or values.http_url(own_id, [])
        published = _time(entry, "published", "date", notes)
        updated = _time(entry, "updated", "date of the update", notes)
        headline = any_line(_get(entry, "title"))
        standfirst, body = _texts(entry, headline)
        fields: dict[str, Any] = {
            "id": values.scoped_id(own_id, self.host or values.host_of(url)),
            "headline": headline,
            "standfirst": standfirst,
            "body": body,
            "reported_at": published or updated,
            "updated_at": updated if published and updated != published else None,
            "url": url,
            "lang": _language(entry, "title_detail", "summary_detail") or self.language,
            "sources": self._sources(entry, url, published or updated),
            "extra": {"author": author} if (author := line(_get(entry, "author"))) else {},
        }
        if values.names_only_the_day(_get(entry, "published") or _get(entry, "updated")):
            fields["time_precision"] = "day"
        return fields

    def _sources(
        self, entry: Any, url: str | None, published: datetime | None
    ) -> list[dict[str, Any]]:
        """The feed is the publisher, unless the entry names another whom the feed carries."""
        origin = _get(entry, "source")
        named = any_line(_get(origin, "title")) if isinstance(origin, dict) else ""
        carried = named and named != self.publisher
        host = values.host_of(url)
        publisher = publisher_of(named, host) if carried else self.publisher or host
        if not publisher:
            return []
        return [
            {
                "publisher": publisher,
                "via": self.publisher if carried else None,
                "url": url,
                "published_on": published.date() if published else None,
            }
        ]


def _get(part: Any, key: str) -> Any:
    """A value that is really there: feedparser would lend `published` to a missing `updated`."""
    return dict.get(part, key) if isinstance(part, dict) else None


def _time(entry: Any, key: str, what: str, notes: Notes) -> datetime | None:
    written = _get(entry, key)
    parsed = _get(entry, f"{key}_parsed")
    if parsed:
        try:
            stamp = datetime.fromtimestamp(calendar.timegm(parsed), UTC)
            return values.instant(stamp.isoformat(), what, notes)
        except (ValueError, OverflowError, OSError, TypeError):
            pass
    return values.instant(written, what, notes)


def _language(part: Any, *details: str) -> str | None:
    inner = (_get(_get(part, detail), "language") for detail in details)
    return values.language(_get(part, "language"), *inner)


def _texts(entry: Any, headline: str) -> tuple[str | None, tuple[str, ...]]:
    """Standfirst and body: the summary, and the content or what more the summary says."""
    summary = _paragraphs(_get(entry, "summary_detail")) or any_paragraphs(_get(entry, "summary"))
    contents = [_paragraphs(part) for part in _get(entry, "content") or () if part]
    content = max(contents, key=lambda told: sum(map(len, told)), default=())
    if content and content != summary:
        standfirst, body = " ".join(summary) or content[0], content
    else:
        standfirst, body = summary[0] if summary else "", summary
    if body == (standfirst,):
        body = ()  # said once is enough
    return (standfirst if standfirst != headline else None) or None, body


def _paragraphs(detail: Any) -> tuple[str, ...]:
    text, kind = _get(detail, "value"), _get(detail, "type")
    if kind == "text/plain":
        return any_paragraphs(text)  # many senders of "plain" text write HTML all the same
    return html_paragraphs(text) if "<" in (text or "") else paragraphs(any_line(text))


def _tags(entry: Any, fields: dict[str, Any]) -> None:
    tags = [_get(tag, "label") or _get(tag, "term") for tag in _get(entry, "tags") or ()]
    told = (part.strip() for tag in tags for part in any_line(tag).split(", "))
    names = [name for name in told if name][:MAX_TAGS]
    fields["interests"] = [{"name": name} for name in dict.fromkeys(names)]
    fields["category"] = next(filter(None, map(values.known_category, names)), None)


def _gdacs(entry: Any, fields: dict[str, Any], notes: Notes) -> None:
    """Global Disaster Alert and Coordination System: level, kind, people in reach, countries."""
    level = _get(entry, "gdacs_alertlevel")
    if level is None:
        return
    kind = line(_get(entry, "gdacs_eventtype"))
    reach = _get(entry, "gdacs_population")
    people = _number(_get(reach, "value")) if line(_get(reach, "unit")) else None
    countries = [part.strip() for part in line(_get(entry, "gdacs_country")).split(",")]
    fields["severity_prior"] = hazards.gdacs_severity(level, event_type=kind, people=people)
    fields["category"] = "disaster"
    fields["occurred_at"] = values.instant(_get(entry, "gdacs_fromdate"), "start", notes)
    fields["interests"] = [{"name": name, "kind": "region"} for name in countries if name]
    wanted = ("alertlevel", "alertscore", "severity", "population", "eventtype", "eventid", "iso3")
    fields["extra"]["gdacs"] = _plain({key: _get(entry, f"gdacs_{key}") for key in wanted})


def _cap(entry: Any, fields: dict[str, Any], notes: Notes) -> None:
    """An index of warnings names the main values of each in the CAP namespace."""
    severity = _get(entry, "cap_severity")
    if severity is None and _get(entry, "cap_status") is None:
        return
    hazards.refuse_exercise(_get(entry, "cap_status"))
    certainty = _get(entry, "cap_certainty")
    areas = [part.strip() for part in line(_get(entry, "cap_areadesc")).split(";")]
    fields["severity_prior"] = hazards.cap_severity(severity, _get(entry, "cap_urgency"), certainty)
    fields["certainty"] = hazards.cap_certainty(certainty)
    fields["category"] = hazards.cap_category(_get(entry, "cap_category"))
    fields["status"] = hazards.cap_status(_get(entry, "cap_msgtype"))
    fields["occurred_at"] = values.instant(_get(entry, "cap_effective"), "start", notes)
    fields["interests"] += [{"name": name, "kind": "region"} for name in areas if name]
    wanted = ("event", "effective", "expires", "msgtype", "urgency", "severity")
    fields["extra"]["cap"] = _plain({key: _get(entry, f"cap_{key}") for key in wanted})


def _plain(values_of: dict[str, Any]) -> dict[str, Any]:
    return {
        key: dict(value) if isinstance(value, dict) else value
        for key, value in values_of.items()
        if value
    }


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
