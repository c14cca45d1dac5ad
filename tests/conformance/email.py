"""Email. The oracles are Python's own mail parser and libxml2's HTML parser."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser

import lxml.etree
from mails import defects, part

from conformance.adapter import PATIENT, Fault, Seen
from digest.channels.base import Message
from digest.channels.email import EmailChannel, EmailSettings
from digest.errors import Action
from digest.models.content import EditionContent
from digest.models.words import Code, EditionKind
from digest.render.environment import Templates
from digest.standins.smtp import Faults, MailServer

PASSWORD = "a-secret-of-the-relay"

# Bytes of HTML: what Gmail shows without "[Message clipped]", and what we allow an alert.
HTML, ALERT_HTML = 100_000, 30_000
LINE = 998  # octets: RFC 5322, 2.1.1

_FAULTS: Mapping[Fault, Faults] = {
    Fault.FORM: Faults(replies={"ACCEPT": "554 5.6.0 The message is malformed"}),
    Fault.CLOSED: Faults(replies={"RCPT": "550 5.2.1 The mailbox is disabled"}),
    Fault.UNKNOWN: Faults(replies={"RCPT": "550 5.1.1 There is no such user"}),
    Fault.TOO_FAST: Faults(replies={"RCPT": "450 4.7.1 Too many messages, slow down"}),
    Fault.FAILED: Faults(replies={"ACCEPT": "451 4.3.0 Something broke here"}),
    Fault.IN_BETWEEN: Faults(greeting="421 4.3.2 Come back later"),
    Fault.LATE: Faults(silent=True),
    Fault.CUT_BEFORE: Faults(cut_before=True),
    Fault.CUT_AFTER: Faults(cut_after=True),
    Fault.GARBAGE: Faults(replies={"ACCEPT": "<html>Welcome to the hotel's network</html>"}),
}
_URL = re.compile(r"https?://[^\s<>]+")
_BLOCKS = frozenset(
    ["body", "br", "div", "h1", "h2", "h3", "li", "ol", "p", "table", "td", "title", "tr", "ul"]
)
_TAGS = _BLOCKS | frozenset(["a", "head", "html", "meta", "s", "span", "strong", "style", "tbody"])


class EmailProvider:
    address = "maria@example.com"

    def __init__(self, server: MailServer, timeout: float) -> None:
        self.server = server
        settings = EmailSettings.load(
            smtp_url=f"smtp://maria:{PASSWORD}@127.0.0.1:{server.port}", smtp_timeout=timeout
        )
        self.channel = EmailChannel(settings, Templates())
        self.secrets = (PASSWORD,)

    @property
    def accepted(self) -> int:
        return len(self.server.mails)

    def make(self, fault: Fault, message: Message) -> Message:
        if fault is Fault.NO_CONNECTION:
            self.server.stop()
        elif fault is Fault.LOGIN:
            self.server.login = ("maria", "another password")
        else:
            self.server.faults = _FAULTS[fault]
        return message


class EmailAdapter:
    channel = "email"
    address = EmailProvider.address
    reference = "<411.alert-12-1@example.org>"
    differs: Mapping[Fault, frozenset[Action]] = {}
    can_be_asked = False

    @asynccontextmanager
    async def provider(self, timeout: float = PATIENT) -> AsyncIterator[EmailProvider]:
        with MailServer(login=("maria", PASSWORD)) as server:
            provider = EmailProvider(server, timeout)
            try:
                yield provider
            finally:
                await provider.channel.close()

    def judge(self, message: Message, content: EditionContent) -> None:
        raw = _raw(message)
        assert max(map(len, raw.split(b"\r\n"))) <= LINE
        assert b"\n" not in raw.replace(b"\r\n", b"")
        mail = _mail(message)
        assert defects(mail) == []
        assert mail.get_content_type() == "multipart/alternative"
        assert mail["To"].addresses[0].addr_spec == message.address
        html = part(mail, "html")
        assert len(html.encode()) <= (HTML if _is_long(content) else ALERT_HTML)
        # libxml2 says where tags, attributes or entities are not as HTML has them.
        lxml.etree.fromstring(html.encode(), lxml.etree.HTMLParser(recover=False, encoding="utf-8"))
        page = Page.of(html)
        assert page.wrong == []
        assert page.open == []
        assert part(mail, "plain").strip()

    def seen(self, message: Message) -> Sequence[Seen]:
        mail = _mail(message)
        text = part(mail, "plain").replace("\r\n", "\n")
        subject = Seen((str(mail["Subject"]),))
        return [Seen(Page.of(part(mail, "html")).lines), Seen((text,), folded=True), subject]

    def links(self, message: Message) -> set[str]:
        mail = _mail(message)
        found = set(Page.of(part(mail, "html")).links)
        found |= set(_URL.findall(part(mail, "plain")))
        return found | set(_URL.findall(str(mail["List-Unsubscribe"] or "")))


def html_of(message: Message) -> str:
    """The HTML part of a mail."""
    return part(_mail(message), "html")


class Page(HTMLParser):
    """What a mail program makes of a page: lines to read, links, and what is wrong with it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.links: list[str] = []
        self._lines: list[str] = [""]

    @classmethod
    def of(cls, html: str) -> "Page":
        page = cls()
        page.feed(html)
        page.close()
        return page

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self._lines if line.strip())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in _TAGS or len(given) < len(attrs):
            self.wrong.append(tag)
        self.wrong += [name for name in given if name.startswith("on") or name == "src"]
        if tag == "a":
            self.links.append(given.get("href") or "")
        if tag in _BLOCKS:
            self._lines.append("")
        if tag not in ("br", "meta"):
            hidden = "display:none" in (given.get("style") or "")
            self.open.append("hidden" if hidden else tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() not in (tag, "hidden"):
            self.wrong.append(f"</{tag}>")
        if tag in _BLOCKS:
            self._lines.append("")

    def handle_data(self, data: str) -> None:
        if not {"style", "head", "hidden"} & set(self.open):
            self._lines[-1] += data.replace("\n", " ")


def _raw(message: Message) -> bytes:
    payload: Mapping[str, object] = message.steps[0].payload  # type: ignore[assignment]
    data = payload["data"]
    assert isinstance(data, bytes)
    return data


def _mail(message: Message) -> EmailMessage:
    found = message_from_bytes(_raw(message), policy=SMTP)
    assert isinstance(found, EmailMessage)
    return found


def _is_long(content: EditionContent) -> bool:
    return content.kind == EditionKind.DIGEST or content.code == Code.ROUNDUP
