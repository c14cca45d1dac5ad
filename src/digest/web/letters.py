"""Letters: sent messages of every Channel in one shape, from what was really received."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any

import nh3

from digest.clock import as_utc

SUBJECT = 140  # characters of a first line that stands in for a subject
RAW = 200_000  # characters of a raw message that are shown


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, or a Slack message with its thread.

    `references` are the provider's, as the ledger has them. `parts` is the message and the replies
    in its thread; of mail there are `html`, `text`, `headers` and `raw`.
    """

    key: str
    channel: str
    to: str
    subject: str
    at: str  # ISO 8601
    references: tuple[str, ...]
    parts: tuple[Mapping[str, Any], ...] = ()
    edited: bool = False
    html: str = ""
    text: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=())
    raw: str = ""

    @property
    def count(self) -> int:
        """Messages that it stands for: a thread is read as one."""
        return len(self.parts) if self.channel == "slack" else 1


def emails(raw: Sequence[bytes]) -> list[Letter]:
    """The mails, in the order in which they came."""
    return [_email(number, one) for number, one in enumerate(raw, start=1)]


def _email(number: int, raw: bytes) -> Letter:
    message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    return Letter(
        key=f"email-{number}",
        channel="email",
        to=str(message.get("To", "")),
        subject=str(message.get("Subject", "")),
        at=_date(message),
        references=(str(message.get("Message-ID", "")).strip(),),
        html=str(html.get_content()) if html else "",
        text=str(text.get_content()) if text else "",
        headers=tuple((name, str(value)) for name, value in message.items()),
        raw=raw.decode("utf-8", "replace")[:RAW],
    )


def _date(message: EmailMessage) -> str:
    try:
        return as_utc(parsedate_to_datetime(str(message["Date"]))).isoformat()
    except (TypeError, ValueError):
        return ""


def slack_threads(messages: Sequence[Mapping[str, Any]]) -> list[Letter]:
    """The messages of channels, each with the replies in its thread."""
    replies: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in messages:
        if one.get("thread_ts"):
            replies.setdefault((one["channel"], one["thread_ts"]), []).append(one)
    return [
        _slack(number, one, replies.get((one["channel"], one["ts"]), []))
        for number, one in enumerate(messages, start=1)
        if not one.get("thread_ts")
    ]


def _slack(number: int, first: Mapping[str, Any], replies: Sequence[Mapping[str, Any]]) -> Letter:
    parts = (first, *replies)
    return Letter(
        key=f"slack-{number}",
        channel="slack",
        to=str(first.get("channel_name") or first["channel"]),
        subject=_first_line(str(first.get("text", ""))),
        at=str(first.get("sent_at") or ""),
        references=tuple(f"{one['channel']}:{one['ts']}" for one in parts),
        parts=parts,
        edited=bool(first.get("edited_at")),
    )


def telegram_messages(messages: Sequence[Mapping[str, Any]]) -> list[Letter]:
    """The messages of chats; one that answers another has it as its second part."""
    known = {(one["chat_id"], one["message_id"]): one for one in messages}
    return [
        _telegram(number, one, known.get((one["chat_id"], one.get("reply_to"))))
        for number, one in enumerate(messages, start=1)
    ]


def _telegram(number: int, one: Mapping[str, Any], quoted: Mapping[str, Any] | None) -> Letter:
    parts = (one,) if quoted is None else (one, quoted)
    return Letter(
        key=f"telegram-{number}",
        channel="telegram",
        to=f"chat {one['chat_id']}",
        subject=_first_line(str(one.get("text") or nh3.clean(str(one["html"]), tags=set()))),
        at=str(one.get("sent_at") or ""),
        references=tuple(f"{part['chat_id']}:{part['message_id']}" for part in parts),
        parts=parts,
        edited=bool(one.get("edited_at")),
    )


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= SUBJECT else line[: SUBJECT - 1] + "…"
