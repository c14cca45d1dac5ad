"""Hostile and endless content stays escaped, readable and within the size that Gmail shows."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from builders import (
    HOSTILE_TEXTS,
    make_alert,
    make_bare_item,
    make_corrected_item,
    make_digest,
    make_envelope,
    make_hostile_item,
    make_item,
    make_links,
)
from mails import defects, parsed, part

from digest.channels.email import EmailChannel
from digest.models.content import EditionContent
from digest.render.filters import cut

OURS = {"a", "b", "br", "body", "div", "h1", "h2", "h3", "head", "html", "li", "meta", "ol", "p"}
OURS |= {"s", "span", "strong", "style", "table", "tbody", "td", "title", "tr", "ul"}
VOID = {"br", "meta"}


class Structure(HTMLParser):
    """Which tags there are, and whether all that were opened are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.wrong += [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and (not self.open or self.open.pop() != tag):
            self.wrong.append(tag)


def html_of(channel: EmailChannel, content: EditionContent) -> str:
    mail = parsed(channel, channel.render(content, make_envelope()))
    assert defects(mail) == []
    return part(mail, "html")


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
@pytest.mark.parametrize("section", ["lead", "item", "brief", "alerted", "correction"])
def test_hostile_texts_stay_text(channel: EmailChannel, text: str, section: str) -> None:
    content = make_digest(items=(make_hostile_item(text, section=section),), list_name=text)
    content = content.model_copy(update={"follows": (text,), "quiet": text})
    html = html_of(channel, content)
    structure = Structure()
    structure.feed(html)
    assert structure.seen <= OURS
    assert structure.wrong == []
    assert structure.open == []
    seen = " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())
    assert cut(text, 100)[:80] in seen


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_a_hostile_alert_is_within_its_limit(channel: EmailChannel, text: str) -> None:
    content = make_alert().model_copy(update={"items": (make_hostile_item(text),)})
    assert len(html_of(channel, content).encode()) <= 30_000


def test_a_long_digest_becomes_briefs_and_then_a_count(channel: EmailChannel) -> None:
    long = "A sentence of some length that says what happened & why it counts. " * 8
    items = tuple(
        make_item(n, standfirst=long, takeaway=long, chain=make_item(1).chain)
        for n in range(1, 400)
    )
    mail = parsed(channel, channel.render(make_digest(items=items, matched=399), make_envelope()))
    html, text = part(mail, "html"), part(mail, "plain")
    assert 85_000 <= len(html.encode()) <= 100_000
    found = re.search(r"(\d+) more on the web", html)
    assert found
    assert f"{found[1]} more on the web" in text
    assert f"{found[1]} beyond the length of this edition" in " ".join(text.split())
    assert items[0].headline in html
    shown = html.count("<li") + html.count("<h2")
    assert shown > 30
    assert len(mail.as_bytes()) <= 200_000


def test_very_long_links_are_reckoned_with(channel: EmailChannel) -> None:
    items = tuple(make_item(n) for n in range(1, 40))
    envelope = make_envelope(links=make_links("t" * 900))
    mail = parsed(channel, channel.render(make_digest(items=items), envelope))
    assert len(part(mail, "html").encode()) <= 100_000


def test_many_corrections_are_within_the_limit(channel: EmailChannel) -> None:
    items = tuple(make_corrected_item(n) for n in range(1, 200))
    assert len(html_of(channel, make_digest(items=items)).encode()) <= 100_000


def test_the_worst_alert_gives_up_background_first(channel: EmailChannel) -> None:
    amp = "&" * 10_000
    item = make_hostile_item(amp, headline="The headline stays", takeaway="The takeaway stays.")
    html = html_of(channel, make_alert().model_copy(update={"items": (item,)}))
    assert len(html.encode()) <= 30_000
    assert "The headline stays" in html
    assert "The takeaway stays." in html


def test_empty_parts_leave_no_label(channel: EmailChannel) -> None:
    content = make_digest(
        items=(make_bare_item(1, reasons=()), make_bare_item(2, section="brief")),
        watch=(),
        left_out=(),
        follows=(),
        covers_from=None,
    )
    mail = parsed(channel, channel.render(content, make_envelope(postal_address="", name="")))
    labels = ("Takeaway", "What could", "Where they", "eported by", "Because", "Scenario watch")
    labels += ("Left out", "Why you get", "None", "( ", "()", "In brief", "alert about")
    for kind in ("html", "plain"):
        body = part(mail, kind)
        visible = body[body.index("<body") :] if kind == "html" else body
        assert not [label for label in labels if label in visible]
