"""Telegram's HTML: what goes into it, and how large Telegram will find it.

Limits: 1 to 4,096 characters after parsing (core.telegram.org/bots/api#sendmessage). TDLib counts
code points, the API's documents speak of UTF-16 units: we keep to both. The text as sent may have
32,768 bytes, and marks beyond the 100th are dropped (limits of the Bot API server and of TDLib).
"""

import html
import re
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from digest.render.filters import clean

TEXT_LIMIT = 4_096
RAW_LIMIT = 32_768
ENTITY_LIMIT = 100

_TAG = re.compile(r"<[^<>]*>")
_ANY_BLANK_LINES = re.compile(r"[^\S\n]*\n(?:[^\S\n]*\n)+")
_TRAILING_BLANKS = re.compile(r"[^\S\n]+(?=\n)|\s+(?=</)")


@dataclass(frozen=True, slots=True)
class Size:
    """Size of a text as Telegram counts it."""

    code_points: int
    utf16_units: int
    raw_bytes: int
    entities: int

    def within(self, text_limit: int = TEXT_LIMIT) -> bool:
        """Whether Telegram takes it; `text_limit` may be less than Telegram's own."""
        return (
            0 < self.code_points <= text_limit
            and self.utf16_units <= TEXT_LIMIT
            and self.raw_bytes <= RAW_LIMIT
            and self.entities <= ENTITY_LIMIT
        )


def measure(markup: str) -> Size:
    """The size of a text in Telegram's HTML."""
    text = visible(markup)
    return Size(
        code_points=len(text),
        utf16_units=len(text) + sum(character > "\uffff" for character in text),
        raw_bytes=len(markup.encode()),
        entities=markup.count("</"),
    )


def visible(markup: str) -> str:
    """What a reader sees of a text in Telegram's HTML."""
    return html.unescape(_TAG.sub("", markup))


def tidy(markup: str) -> str:
    """`markup` without blanks at ends of lines and tags, and never two empty lines together."""
    return _ANY_BLANK_LINES.sub("\n\n", _TRAILING_BLANKS.sub("", markup.strip()))


def sendable(value: Any) -> Any:
    """Takes from every expression of a template what Telegram refuses (lone surrogates, ...)."""
    return value if isinstance(value, Markup) or not isinstance(value, str) else clean(value)
