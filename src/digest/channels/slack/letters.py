"""Messages outside of any Edition: the question whether a channel is right, and the welcome."""

from typing import Any

from digest.channels.base import Letter, Step
from digest.channels.slack.addresses import is_webhook
from digest.channels.slack.messages import POST, WEBHOOK
from digest.channels.slack.rendering import ALERT, Renderer


def letter_step(renderer: Renderer, letter: Letter) -> Step:
    """The call that posts the letter."""
    folder, values = f"slack/{letter.kind}", {"letter": letter}
    blocks = renderer.blocks(f"{folder}/blocks.jinja", letter.locale, ALERT, values)
    payload: dict[str, Any] = {
        "text": renderer.text(f"{folder}/text.jinja", letter.locale, ALERT, values),
        "blocks": [
            block | {"block_id": f"{letter.kind}:{number}"}
            for number, block in enumerate(blocks, 1)
        ],
        "unfurl_links": False,
        "unfurl_media": False,
    }
    if is_webhook(letter.address):
        return Step(WEBHOOK, payload)
    return Step(POST, {"channel": letter.address, **payload})
