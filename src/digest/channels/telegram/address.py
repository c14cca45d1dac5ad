"""Addresses of Telegram: a chat, and in a group with topics perhaps a topic.

Canonical forms: "123456789" (a person), "-1001234567890" (a group or channel), "@channelname" (a
public group or channel, lower case) and "<chat>/<topic>".
Sources: core.telegram.org/bots/api#sendmessage (chat_id, message_thread_id).
"""

import re
from dataclasses import dataclass

from digest.errors import InputError

_CHAT = re.compile(r"(?P<id>-?[1-9][0-9]{0,18})|@(?P<name>[A-Za-z][A-Za-z0-9_]{3,31})")
_LINK = re.compile(r"(?:https?://)?(?:t|telegram)\.me/", re.IGNORECASE)
_PRIVATE_LINK = re.compile(r"c/(?P<id>[0-9]+)")


@dataclass(frozen=True, slots=True)
class Chat:
    """Where a message goes; `thread` is the topic in a group."""

    id: int | str
    thread: int | None = None

    @property
    def is_group(self) -> bool:
        """Whether the limits of groups hold: for all but private chats, whose id is positive."""
        return isinstance(self.id, str) or self.id < 0

    def __str__(self) -> str:
        return f"{self.id}/{self.thread}" if self.thread else str(self.id)


def parse(text: str) -> Chat:
    """The chat that a person wrote: an id, @name or t.me link, with "/topic" perhaps.

    Raises:
        InputError: it is none.
    """
    written = text.strip()
    if link := _LINK.match(written):
        path = written[link.end() :].strip("/")
        private = _PRIVATE_LINK.match(path)
        written = f"-100{private['id']}{path[private.end() :]}" if private else f"@{path}"
    chat, _, topic = written.partition("/")
    match = _CHAT.fullmatch(chat)
    if not match or (topic and not re.fullmatch(r"[1-9][0-9]{0,9}", topic)):
        raise InputError(
            f"{text!r} is not a Telegram chat; write a chat id such as 123456789 or"
            " -1001234567890, or @channelname, with /topic for one topic of a group"
        )
    chat_id: int | str = int(match["id"]) if match["id"] else f"@{match['name'].lower()}"
    return Chat(chat_id, int(topic) if topic else None)
