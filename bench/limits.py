"""The limits of each provider, asked of a rendered message: what it says is over them."""

from collections.abc import Callable, Iterator, Mapping
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from digest.channels.base import Channel, Message
from digest.models.content import EditionContent
from digest.models.words import EditionKind
from digest.standins.slack_checks import BLOCKS, complaints, total_text
from digest.standins.telegram_checks import ENTITY_LIMIT, Refusal, check_text

HTML: Mapping[str, int] = {EditionKind.DIGEST: 100_000}  # bytes; more is cut by some programs
ALERT_HTML = 30_000
LINE = 998  # octets: RFC 5322, 2.1.1
SLACK_TEXT = 10_000  # characters in all blocks


def over(channel: Channel, message: Message, content: EditionContent) -> list[str]:
    """What is over a limit, one line each."""
    who = f"{channel.name} {content.kind} of {content.day}"
    if channel.name == "email":
        return [f"{who}: {line}" for line in _email(channel.preview(message)[1], content)]
    return [f"{who}: {line}" for p in _payloads(message) for line in CHECKS[channel.name](p)]


def _email(raw: bytes, content: EditionContent) -> Iterator[str]:
    if max(map(len, raw.split(b"\r\n"))) > LINE:
        yield f"a line of more than {LINE} octets"
    mail = message_from_bytes(raw, policy=SMTP)
    assert isinstance(mail, EmailMessage)
    html = mail.get_body(("html",))
    assert isinstance(html, EmailMessage)
    size = len(html.get_content().encode())
    if size > HTML.get(content.kind, ALERT_HTML):
        yield f"{size:,} bytes of HTML"


def _slack(payload: Mapping[str, Any]) -> Iterator[str]:
    blocks = payload.get("blocks", [])
    yield from complaints(blocks)
    if len(blocks) > BLOCKS:
        yield f"{len(blocks)} blocks"
    if total_text(blocks) > SLACK_TEXT:
        yield f"{total_text(blocks):,} characters"


def _telegram(payload: Mapping[str, Any]) -> Iterator[str]:
    try:
        _, entities = check_text(payload)
    except Refusal as refusal:
        yield refusal.description
    else:
        if entities > ENTITY_LIMIT:
            yield f"{entities} entities"


def _payloads(message: Message) -> Iterator[Mapping[str, Any]]:
    for step in message.steps:
        assert isinstance(step.payload, Mapping)
        if "text" in step.payload or "blocks" in step.payload:
            yield step.payload


CHECKS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[str]]] = {
    "slack": _slack,
    "telegram": _telegram,
}
