"""Block Kit blocks as templates write them, and the budgets they must keep.

A template puts text between `{% filter section %}` and `{% endfilter %}` (also `header`, `context`)
and calls `actions(...)`; each gives one line of JSON, or nothing when there is no text. Only
section, header, context and actions blocks are made: newer ones roll out in phases and may be
refused. Lengths: docs.slack.dev/reference/block-kit/blocks.
"""

import json
from typing import Any

from digest.channels.slack.markup import Mrkdwn, plain
from digest.render.filters import cut

BLOCKS = 50
SECTION_TEXT = 3000
HEADER_TEXT = 150
BUTTON_TEXT = 75
OPTION_TEXT = 75
OPTIONS = 5
VALUE = 150  # of an option; a button's may be longer
URL = 3000

Block = dict[str, Any]


def section(text: str, menu: Block | None = None) -> Mrkdwn:
    """A paragraph, with the menu at its side."""
    lines = _lines(text)
    if not lines:
        return Mrkdwn("")
    block: Block = {"type": "section", "text": _mrkdwn(lines)}
    return _json(block | {"accessory": menu} if menu else block)


def context(text: str) -> Mrkdwn:
    """A line of small print."""
    lines = _lines(text)
    return _json({"type": "context", "elements": [_mrkdwn(lines)]}) if lines else Mrkdwn("")


def header(text: str) -> Mrkdwn:
    """A heading, which Slack takes as plain text only."""
    words = cut(plain(text), HEADER_TEXT)
    return _json({"type": "header", "text": _plain_text(words)}) if words else Mrkdwn("")


def actions(*elements: Block | None) -> Mrkdwn:
    """A row of buttons."""
    shown = [element for element in elements if element]
    return _json({"type": "actions", "elements": shown}) if shown else Mrkdwn("")


def button(text: str, url: str, value: str) -> Block | None:
    """A button that opens `url`; `value` ("open", "less:12") says what was tapped."""
    label = cut(text, BUTTON_TEXT)
    if not label or not _fits(url):
        return None
    kind = value.partition(":")[0]
    return {
        "type": "button",
        "text": _plain_text(label),
        "url": url,
        "action_id": kind,
        "value": f"v1:{value}"[:VALUE],
    }


def menu(*options: Block | None) -> Block | None:
    """An overflow menu, at most five options."""
    shown = [option for option in options if option][:OPTIONS]
    return {"type": "overflow", "action_id": "menu", "options": shown} if shown else None


def option(text: str, url: str, value: str) -> Block | None:
    """One line of a menu; as `button`."""
    label = cut(text, OPTION_TEXT)
    if not label or not _fits(url):
        return None
    return {"text": _plain_text(label), "url": url, "value": f"v1:{value}"[:VALUE]}


def text_length(blocks: list[Block]) -> int:
    """Characters of text in all blocks: what Slack's undocumented total counts, so far as known
    (slackapi/bolt-js#2509)."""
    return sum(len(text) for block in blocks for text in texts(block))


def texts(part: Any) -> list[str]:
    """The text of every text object in `part`, in order."""
    if isinstance(part, list):
        return [text for element in part for text in texts(element)]
    if not isinstance(part, dict):
        return []
    if part.get("type") in ("mrkdwn", "plain_text") and isinstance(part.get("text"), str):
        return [part["text"]]
    return [text for value in part.values() for text in texts(value)]


def _lines(text: str) -> str:
    """Without blank lines and blanks at the ends: what optional parts leave behind."""
    return "\n".join(line for raw in text.split("\n") if (line := raw.strip()))


def _mrkdwn(text: str) -> Block:
    # verbatim: what looks like a web address or a channel's name in stored text stays text.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain_text(text: str) -> Block:
    # emoji: ":fire:" in stored text stays text. No mention is read here; the mark is for the eye.
    return {"type": "plain_text", "text": text.replace("<", "‹").replace(">", "›"), "emoji": False}


def _fits(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= URL


def _json(block: Block) -> Mrkdwn:
    return Mrkdwn(json.dumps(block) + "\n")
