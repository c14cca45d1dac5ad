"""What the Bot API checks of a message before it takes it: the text and the buttons below it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from digest.standins.telegram_html import Refused, is_link, parse

TEXT_LIMIT = 4_096  # code points after parsing
RAW_LIMIT = 32_768  # bytes
ENTITY_LIMIT = 100  # further ones are dropped without a word
CALLBACK_LIMIT = 64  # bytes
BUTTON_LIMIT = 100
ROW_LIMIT = 8
LOCAL_HOSTS = ("localhost", "127.0.0.1", "0.0.0.0", "::1")


@dataclass(frozen=True)
class Refusal(Exception):
    """The Bot API's "no": HTTP status, description and parameters of its answer."""

    code: int
    description: str
    parameters: Mapping[str, object] = field(default_factory=dict)


def check_text(given: Mapping[str, Any]) -> tuple[str, int]:
    """(visible text, number of entities) of the call's text.

    Raises:
        Refusal: it is empty, too long or no HTML of Telegram's.
    """
    raw = str(given.get("text") or "")
    if len(raw.encode("utf-8", "surrogatepass")) > RAW_LIMIT:
        raise Refusal(400, "Bad Request: text is too long")
    text, entities = raw, 0
    if str(given.get("parse_mode", "")).lower() == "html":
        try:
            parsed = parse(raw)
        except Refused as error:
            raise Refusal(400, f"Bad Request: can't parse entities: {error}") from None
        text, entities = parsed.text, min(len(parsed.entities), ENTITY_LIMIT)
    text = text.strip()
    if not text:
        raise Refusal(400, "Bad Request: message text is empty")
    if len(text) > TEXT_LIMIT:
        raise Refusal(400, "Bad Request: message is too long")
    return text, entities


def check_buttons(given: Mapping[str, Any]) -> list[list[dict[str, str]]]:
    """The rows of the inline keyboard.

    Raises:
        Refusal: a button has no text, or leads nowhere.
    """
    markup = given.get("reply_markup")
    if not markup:
        return []
    if not isinstance(markup, dict):
        raise Refusal(400, "Bad Request: object expected as reply markup")
    rows: list[list[dict[str, str]]] = markup.get("inline_keyboard", [])
    if sum(map(len, rows)) > BUTTON_LIMIT or any(len(row) > ROW_LIMIT for row in rows):
        raise Refusal(400, "Bad Request: REPLY_MARKUP_TOO_LONG")
    for row in rows:
        for button in row:
            _check_button(button)
    return rows


def _check_button(button: Mapping[str, str]) -> None:
    if not button.get("text"):
        raise Refusal(
            400, "Bad Request: can't parse inline keyboard button: Text must be non-empty"
        )
    url, data = button.get("url"), button.get("callback_data")
    if (url is None) == (data is None):
        raise Refusal(400, "Bad Request: can't parse inline keyboard button: one action expected")
    if data is not None and not 1 <= len(data.encode()) <= CALLBACK_LIMIT:
        raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
    if url is not None and (not is_link(url) or urlsplit(url).hostname in LOCAL_HOSTS):
        raise Refusal(
            400, f"Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL"
        )
