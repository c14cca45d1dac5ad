"""Slack's mrkdwn: stored text becomes text that Slack shows as it is written.

Slack names three characters to escape: & < > (docs.slack.dev, Formatting message text). Unescaped,
"<!channel>" in a headline would ring every phone in the channel. The characters that format, * _ ~
and backticks, have no escape: a zero-width space at each side keeps them from opening or closing
anything, whether Slack takes that space for a letter or for a blank.
"""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from digest.render.filters import clean, cut

ZERO_WIDTH_SPACE = "\u200b"
LINK_LENGTH = 500  # a longer address is left out: it would take the room of the news

_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
    | {sign: f"{ZERO_WIDTH_SPACE}{sign}{ZERO_WIDTH_SPACE}" for sign in "*_~`"}
)
_LINK = re.compile(r"<https?://[^|>]+\|([^>]*)>")
_BLANKS = re.compile(r"[\s\x00-\x20\x7f-\x9f\ud800-\udfff]")
_SIGNS = re.compile(f"{ZERO_WIDTH_SPACE}([*_~`]){ZERO_WIDTH_SPACE}|[*_~]")  # stored | a mark


class Mrkdwn(str):
    """Text that is mrkdwn already and is not escaped again.

    What Python makes of it (slices, sums, joins) is plain `str` and is escaped: it fails safe.
    """

    __slots__ = ()


def escape(value: Any) -> Mrkdwn:
    """`value` on one line, as mrkdwn. Every expression in a template goes through here."""
    if isinstance(value, Mrkdwn):
        return value
    return Mrkdwn("" if value is None else clean(str(value)).translate(_ESCAPES))


def fit(text: str | None, length: int) -> str:
    """`text` cut at a word so that its *escaped* form has at most `length` characters.

    Hostile text full of "&" grows fivefold when escaped; cutting afterwards could split "&amp;".
    """
    short = cut(text, length)
    room = length
    while len(escaped := escape(short)) > length:
        room = min(room - 1, room * length // len(escaped))
        short = cut(text, room)
    return short


def link(url: str, text: str) -> Mrkdwn:
    """<url|text>; the text alone when the address is no web address or longer than LINK_LENGTH."""
    shown = escape(text)
    target = url.strip()
    if not shown or len(target) > LINK_LENGTH or not _is_web_address(target):
        return shown
    target = target.replace("&", "&amp;").replace("|", "%7C").replace("<", "%3C")
    return Mrkdwn(f"<{target.replace('>', '%3E')}|{shown}>")


def bold(text: str) -> Mrkdwn:
    return _wrapped("*", text)


def italic(text: str) -> Mrkdwn:
    return _wrapped("_", text)


def struck(text: str) -> Mrkdwn:
    return _wrapped("~", text)


def joined(parts: Iterable[str], separator: str = " · ") -> Mrkdwn:
    """The parts that are not empty; each is escaped unless it is mrkdwn."""
    return Mrkdwn(separator.join(escaped for part in parts if (escaped := escape(part))))


def shortened(lines: Iterable[Mrkdwn], length: int) -> Mrkdwn:
    """As many whole lines as `length` characters hold."""
    kept: list[str] = []
    for line in lines:
        length -= len(line) + 1
        if length < 0:
            break
        kept.append(line)
    return Mrkdwn("\n".join(kept))


def plain(mrkdwn: str) -> str:
    """`mrkdwn` without its marks and escapes, as a person reads it."""
    text = _SIGNS.sub(r"\1", _LINK.sub(r"\1", mrkdwn))
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _wrapped(mark: str, text: str) -> Mrkdwn:
    escaped = escape(text)
    return Mrkdwn(f"{mark}{escaped}{mark}" if escaped.strip() else "")


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not _BLANKS.search(url)
