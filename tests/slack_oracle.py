"""Judges a Slack payload by slackblocks, which nobody here wrote: it raises on what Slack refuses.

slackblocks builds payloads and can't read nested ones, so each part is built again through it; what
comes out must be what went in.
"""

from typing import Any

import slackblocks

TEXT_TYPES = {
    "mrkdwn": slackblocks.TextType.MARKDOWN,
    "plain_text": slackblocks.TextType.PLAINTEXT,
}


def judge(payload: dict[str, Any]) -> None:
    """Raises slackblocks' own errors, or AssertionError, when Slack would refuse `payload`."""
    blocks = [_block(block) for block in payload["blocks"]]
    slackblocks.Message(channel="C0123ABCD", text=payload["text"], blocks=blocks)
    names = [block["block_id"] for block in payload["blocks"]]
    assert len(set(names)) == len(names)
    assert all(0 < len(name) <= 255 for name in names)


def _block(block: dict[str, Any]) -> slackblocks.Block:
    built = _built(block)
    assert _without_defaults(built._resolve()) == _without_defaults(block)
    return built


def _built(block: dict[str, Any]) -> slackblocks.Block:
    name = block["block_id"]
    match block["type"]:
        case "section":
            accessory = block.get("accessory")
            return slackblocks.SectionBlock(
                text=_text(block["text"]),
                block_id=name,
                accessory=_element(accessory) if accessory else None,
            )
        case "header":
            return slackblocks.HeaderBlock(text=_text(block["text"]), block_id=name)
        case "context":
            return slackblocks.ContextBlock(
                elements=[_text(element) for element in block["elements"]], block_id=name
            )
        case "actions":
            return slackblocks.ActionsBlock(
                elements=[_element(element) for element in block["elements"]], block_id=name
            )
        case other:
            raise AssertionError(f"{other} blocks are not for messages of ours")


def _text(text: dict[str, Any]) -> slackblocks.Text:
    return slackblocks.Text(
        text["text"],
        type_=TEXT_TYPES[text["type"]],
        emoji=text.get("emoji", False),
        verbatim=text.get("verbatim", False),
    )


def _element(element: dict[str, Any]) -> slackblocks.Element:
    if element["type"] == "overflow":
        options = [
            slackblocks.Option(_text(option["text"]), option["value"], url=option["url"])
            for option in element["options"]
        ]
        return slackblocks.OverflowMenu(element["action_id"], options)
    assert element["type"] == "button"
    return slackblocks.Button(
        _text(element["text"]),
        action_id=element["action_id"],
        url=element["url"],
        value=element["value"],
    )


def _without_defaults(part: Any) -> Any:
    """slackblocks leaves out `emoji: false`, which is what leaving it out means to it."""
    if isinstance(part, list):
        return [_without_defaults(one) for one in part]
    if isinstance(part, dict):
        return {
            name: _without_defaults(value)
            for name, value in part.items()
            if (name, value) not in (("emoji", False), ("verbatim", False))
        }
    return part
