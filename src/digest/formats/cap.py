"""The Common Alerting Protocol 1.1 and 1.2 (OASIS): alerts alone, in a feed or an envelope.

A warning lives on in Updates, each a message with an id of its own that refers to the ones before.
They are one Event, so its id is that of the earliest message referred to. A Cancel ends a warning
that was right (concluded), an Error withdraws one that was wrong (a retraction).
"""

from collections.abc import Iterator
from functools import partial
from typing import Any
from xml.etree.ElementTree import Element

from digest.errors import InputError
from digest.formats import feed, hazards, values
from digest.formats.entry import Entry, Notes, assemble, attempt
from digest.formats.safe_xml import anywhere, local, named, parse_xml, text_of
from digest.formats.text import any_paragraphs, first_sentence
from digest.models.record import EventRecord

_NAMED = "emergency:cap"  # in the namespace of every version

# Fixed words for a message that only says what became of an earlier one.
_WITHDRAWN = "The sender has withdrawn this warning."
_CANCELLED = "The sender has cancelled this warning."


def read(data: bytes) -> Iterator[Entry]:
    """The alerts of a document.

    Raises:
        InputError: the XML is broken or unsafe, or there is no alert in it.
    """
    root = parse_xml(data)
    alerts = [found for found in anywhere(root, "alert") if found is root or _NAMED in found.tag]
    if not alerts and local(root) in ("feed", "rss"):
        yield from feed.read(data)
        return
    if not alerts:
        raise InputError("there is no CAP alert in it")
    for number, alert in enumerate(alerts, 1):
        yield attempt(f"entry {number}", alert, partial(_record, alert))


def _record(alert: Element, notes: Notes) -> EventRecord:
    hazards.refuse_exercise(text_of(alert, "status"))
    message = text_of(alert, "msgType").casefold()
    if message == "ack":
        raise InputError("it only acknowledges another message")
    infos = _in_one_language(list(named(alert, "info")))
    if not infos and message not in ("cancel", "error"):
        raise InputError("the alert has no info, so there is nothing to tell")
    if (scope := text_of(alert, "scope")) and scope.casefold() != "public":
        notes.append(f"The sender meant this alert for some only: its scope is {scope}.")

    sent = values.instant(text_of(alert, "sent"), "date of sending", notes)
    first = _first_message(alert, notes)
    fields: dict[str, Any] = {
        "id": values.scoped_id(first[1], f"cap:{first[0]}"),
        "status": hazards.cap_status(message),
        "reported_at": first[2] or sent,
        "updated_at": sent if first[2] else None,
        "extra": {"cap": _own_words(alert)},
    }
    note = " ".join(any_paragraphs(text_of(alert, "note")))
    if message == "error":
        fields["retraction"] = {"reason": note or _WITHDRAWN}
    if infos:
        fields.update(_from_info(infos, alert, notes))
    elif message in ("cancel", "error"):
        fields["headline"] = first_sentence(note) or (
            _CANCELLED if message == "cancel" else _WITHDRAWN
        )
        fields["headline_derived"] = True
        fields["standfirst"] = note or None
        fields["sources"] = _sources(alert, None, None)
    return assemble(fields)


def _in_one_language(infos: list[Element]) -> list[Element]:
    """The infos in English, else those in the language of the first (default: en-US, CAP 3.2.2)."""
    if not infos:
        return []
    tongues = [(text_of(info, "language") or "en-US").casefold() for info in infos]
    chosen = next((tongue for tongue in tongues if tongue.startswith("en")), tongues[0])
    return [info for info, tongue in zip(infos, tongues, strict=True) if tongue == chosen]


def _from_info(infos: list[Element], alert: Element, notes: Notes) -> dict[str, Any]:
    info = infos[0]
    areas = list(
        dict.fromkeys(text_of(area, "areaDesc") for each in infos for area in named(each, "area"))
    )
    event = text_of(info, "event")
    described = any_paragraphs(_raw_text(info, "description"))
    advice = any_paragraphs(_raw_text(info, "instruction"))
    certainty = text_of(info, "certainty")
    url = values.http_url(text_of(info, "web"), notes)
    headline = text_of(info, "headline")
    return {
        "headline": headline or first_sentence(": ".join(filter(None, (event, *areas[:1])))),
        "headline_derived": not headline,
        "standfirst": described[0] if described else None,
        "body": (*described, *advice) if len(described) > 1 or advice else (),
        "category": hazards.cap_category(text_of(info, "category")),
        "severity_prior": hazards.cap_severity(
            text_of(info, "severity"), text_of(info, "urgency"), certainty
        ),
        "certainty": hazards.cap_certainty(certainty),
        "lang": values.language(text_of(info, "language"), "en-US"),
        "occurred_at": values.instant(text_of(info, "onset"), "start", notes),
        "url": url,
        "sources": _sources(alert, text_of(info, "senderName"), url),
        "interests": [
            {"name": name.strip(), "kind": "region"}
            for area in areas
            for name in area.split(";")
            if name.strip()
        ],
    }


def _sources(alert: Element, name: str | None, url: str | None) -> list[dict[str, Any]]:
    publisher = name or text_of(alert, "source") or text_of(alert, "sender")
    return [{"publisher": publisher, "url": url}] if publisher else []


def _first_message(alert: Element, notes: Notes) -> tuple[str, str, Any]:
    """Sender, id and time of the earliest message of this warning; no time if this is it.

    <references> holds "sender,identifier,sent" triples with blanks between them.
    """
    earlier = []
    for triple in text_of(alert, "references").split():
        parts = triple.split(",")
        if len(parts) == 3 and (sent := values.instant(parts[2], "date of a reference", notes)):
            earlier.append((parts[0], parts[1], sent))
    if earlier:
        return min(earlier, key=lambda message: message[2])
    return text_of(alert, "sender"), text_of(alert, "identifier"), None


def _own_words(alert: Element) -> dict[str, Any]:
    """What no field takes and later messages refer to."""
    names = ("identifier", "sender", "sent", "msgType", "references", "incidents", "note")
    words = {name: text_of(alert, name) for name in names}
    info = next(named(alert, "info"), None)
    words |= {name: text_of(info, name) for name in ("event", "urgency", "severity", "expires")}
    return {name: text for name, text in words.items() if text}


def _raw_text(info: Element, name: str) -> str:
    """A text with its line ends."""
    found = next(named(info, name), None)
    return "".join(found.itertext()) if found is not None else ""
