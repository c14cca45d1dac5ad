"""TDLib itself as an oracle: Telegram's own parser of HTML, offline. `from tdlib import parse`."""

import json
from typing import Any

import tdjson


class Refusal(Exception):
    """TDLib refuses the text; `str(error)` has its words."""


def parse(html: str) -> tuple[str, list[dict[str, Any]]]:
    """(visible text, entities) of a text in Telegram's HTML.

    Raises:
        Refusal: it can't be parsed.
    """
    answer = _execute(
        {
            "@type": "parseTextEntities",
            "text": html,
            "parse_mode": {"@type": "textParseModeHTML"},
        }
    )
    if answer["@type"] == "error":
        raise Refusal(answer["message"])
    return answer["text"], answer["entities"]


def _execute(request: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(tdjson.td_execute(json.dumps(request).encode()) or b"{}")
    return answer


_execute({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})
