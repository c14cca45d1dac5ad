"""Buttons below a message: which ones each kind has, and where they lead.

Telegram refuses a message whose button leads to an address it can't reach, so buttons are left
out while the service runs on a private address; the first row is then spelt out in the text.
"""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from digest.models.content import EditionContent
from digest.models.envelope import Links
from digest.render.links import event_url, tuned
from digest.render.words import N_, Gettext

_PRIVATE_NAMES = ("localhost", "local", "localdomain", "internal", "lan", "home.arpa", "test")


class Button(NamedTuple):
    text: str
    url: str


Address = Callable[[EditionContent, Links], str | None]


def _event(content: EditionContent, links: Links) -> str:
    return event_url(links, content.items[0].slug)


def _follow(content: EditionContent, links: Links) -> str | None:
    item = content.items[0]
    if not item.story_to_follow:
        return None
    return links.tune + tuned("follow", item.slug, item.story_to_follow)


def _mute(content: EditionContent, links: Links) -> str:
    item = content.items[0]
    return links.tune + tuned("mute", item.slug, item.story_slug, hours=24)


def _why(content: EditionContent, links: Links) -> str:
    return links.tune + tuned("why", content.items[0].slug)


# Labels of at most 20 characters, two in a row: more are cut on a narrow phone.
_OPEN = (N_("Open"), _event)
_READ = (N_("Read on the web"), lambda content, links: links.view)
_SETTINGS = (N_("Settings"), lambda content, links: links.preferences)
KEYBOARDS: Mapping[str, tuple[tuple[tuple[str, Address], ...], ...]] = {
    "digest": ((_READ, _SETTINGS),),
    "roundup": ((_READ, _SETTINGS),),
    "alert": (
        (_OPEN, (N_("Follow story"), _follow)),
        ((N_("Mute 24 h"), _mute), (N_("Why?"), _why)),
    ),
    "update": ((_OPEN,),),
    "correction": ((_OPEN,),),
}


def rows(kind: str, content: EditionContent, links: Links, gettext: Gettext) -> list[list[Button]]:
    """The buttons of a message of `kind`, row by row; a button without an address is left out."""
    found = [
        [
            Button(gettext(label), url)
            for label, address in row
            if (url := address(content, links)) is not None
        ]
        for row in KEYBOARDS[kind]
    ]
    return [row for row in found if row]


def reply_markup(buttons: Sequence[Sequence[Button]]) -> dict[str, object]:
    """The buttons as the Bot API takes them (InlineKeyboardMarkup)."""
    return {"inline_keyboard": [[button._asdict() for button in row] for row in buttons]}


def is_public(url: str) -> bool:
    """Whether Telegram takes `url` on a button: http(s), and not on a private network."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("http", "https") or not host:
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        private = any(host == name or host.endswith("." + name) for name in _PRIVATE_NAMES)
        return "." in host and not private
