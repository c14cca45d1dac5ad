"""Block Kit's limits, as Slack enforces them, and its words for what is wrong.

Limits: docs.slack.dev/reference/block-kit; the total of all text: slackapi/bolt-js#2509. Only the
blocks and elements that a message of ours may hold are known here, all others are refused.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BLOCKS = 50
TOTAL_TEXT = 13_200  # undocumented; between 13,172 and 13,297 as others have measured

Check = Callable[[Any, str], Iterator[str]]


@dataclass(frozen=True, slots=True)
class Text:
    """A text object: at most `most` characters, of one of `kinds`."""

    most: int
    kinds: tuple[str, ...] = ("mrkdwn", "plain_text")

    def __call__(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict) or value.get("type") not in self.kinds:
            yield f"must be a {' or '.join(self.kinds)} text object [json-pointer:{at}]"
            return
        allowed = {"type", "text", "verbatim" if value["type"] == "mrkdwn" else "emoji"}
        yield from _unknown(value, allowed, at)
        yield from String(self.most)(value.get("text"), f"{at}/text")


@dataclass(frozen=True, slots=True)
class String:
    most: int
    least: int = 1

    def __call__(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"must be a string [json-pointer:{at}]"
        elif len(value) > self.most:
            yield f"must be less than {self.most + 1} characters [json-pointer:{at}]"
        elif len(value) < self.least:
            yield f"must be more than {self.least - 1} characters [json-pointer:{at}]"


@dataclass(frozen=True, slots=True)
class OneOf:
    words: tuple[str, ...]

    def __call__(self, value: Any, at: str) -> Iterator[str]:
        if value not in self.words:
            yield f"must be one of {', '.join(self.words)} [json-pointer:{at}]"


@dataclass(frozen=True, slots=True)
class ListOf:
    most: int
    each: Check
    distinct: str = ""

    def __call__(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, list) or not value:
            yield f"must have at least 1 item [json-pointer:{at}]"
            return
        if len(value) > self.most:
            yield f"no more than {self.most} items allowed [json-pointer:{at}]"
        for number, one in enumerate(value):
            yield from self.each(one, f"{at}/{number}")
        yield from _repeated(value, self.distinct, at)


@dataclass(frozen=True, slots=True)
class Shape:
    """An object with these fields; one of `needed` in each group must be there."""

    fields: Mapping[str, Check]
    needed: Sequence[tuple[str, ...]]

    def __call__(self, value: Any, at: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"must be an object [json-pointer:{at}]"
            return
        for group in self.needed:
            if not any(name in value for name in group):
                yield f"missing required field: {' or '.join(group)} [json-pointer:{at}]"
        yield from _unknown(value, {"type", *self.fields}, at)
        for name, check in self.fields.items():
            if name in value:
                yield from check(value[name], f"{at}/{name}")


@dataclass(frozen=True, slots=True)
class Typed:
    """An object whose `type` says which Shape it has."""

    shapes: Mapping[str, Check]

    def __call__(self, value: Any, at: str) -> Iterator[str]:
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in self.shapes:
            yield f"unsupported type: {kind} [json-pointer:{at}/type]"
        else:
            yield from self.shapes[kind](value, at)


_OPTION = Shape(
    {
        "text": Text(75),
        "value": String(150),
        "description": Text(75, ("plain_text",)),
        "url": String(3000),
    },
    [("text",), ("value",)],
)
_IMAGE = Shape(
    {"image_url": String(3000), "alt_text": String(2000)}, [("image_url",), ("alt_text",)]
)
ELEMENTS: Mapping[str, Check] = {
    "button": Shape(
        {
            "text": Text(75, ("plain_text",)),
            "action_id": String(255),
            "url": String(3000),
            "value": String(2000),
            "style": OneOf(("primary", "danger")),
            "accessibility_label": String(75),
        },
        [("text",)],
    ),
    "overflow": Shape({"action_id": String(255), "options": ListOf(5, _OPTION)}, [("options",)]),
    "image": _IMAGE,
}
_BLOCK_ID: Mapping[str, Check] = {"block_id": String(255)}
BLOCK_TYPES: Mapping[str, Check] = {
    "section": Shape(
        {
            "text": Text(3000),
            "fields": ListOf(10, Text(2000)),
            "accessory": Typed(ELEMENTS),
            "expand": lambda _value, _at: iter(()),
            **_BLOCK_ID,
        },
        [("text", "fields")],
    ),
    "header": Shape({"text": Text(150, ("plain_text",)), **_BLOCK_ID}, [("text",)]),
    "context": Shape(
        {
            "elements": ListOf(
                10, Typed({"mrkdwn": Text(3000), "plain_text": Text(3000), "image": _IMAGE})
            ),
            **_BLOCK_ID,
        },
        [("elements",)],
    ),
    "actions": Shape(
        {"elements": ListOf(25, Typed(ELEMENTS), distinct="action_id"), **_BLOCK_ID},
        [("elements",)],
    ),
    "divider": Shape(_BLOCK_ID, []),
    "image": Shape(
        {
            "image_url": String(3000),
            "alt_text": String(2000),
            "title": Text(2000, ("plain_text",)),
            **_BLOCK_ID,
        },
        [("image_url",), ("alt_text",)],
    ),
}
_BLOCKS = ListOf(BLOCKS, Typed(BLOCK_TYPES), distinct="block_id")


def complaints(blocks: Any) -> list[str]:
    """What Slack finds wrong with the form of `blocks`; empty when it takes them."""
    return list(_BLOCKS(blocks, "/blocks"))


def total_text(part: Any) -> int:
    """Characters in all text objects within `part`."""
    if isinstance(part, list):
        return sum(map(total_text, part))
    if not isinstance(part, dict):
        return 0
    own = part.get("text") if part.get("type") in ("mrkdwn", "plain_text") else None
    return len(own) if isinstance(own, str) else sum(map(total_text, part.values()))


def _unknown(value: Mapping[str, Any], allowed: set[str], at: str) -> Iterator[str]:
    for name in value.keys() - allowed:
        yield f"invalid additional property: {name} [json-pointer:{at}]"


def _repeated(values: list[Any], name: str, at: str) -> Iterator[str]:
    seen = [value[name] for value in values if isinstance(value, dict) and name in value]
    for one in sorted({str(one) for one in seen if seen.count(one) > 1}):
        yield f"{name} {one} is not unique [json-pointer:{at}]"
