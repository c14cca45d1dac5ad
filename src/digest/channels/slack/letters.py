"""Messages outside of any Edition: the question whether a channel is right, and the welcome."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from digest.channels.base import Step
from digest.channels.slack.addresses import is_webhook
from digest.channels.slack.messages import POST, WEBHOOK
from digest.channels.slack.rendering import ALERT, Renderer


class Letter(Protocol):
    """`links` needs "confirm", or for welcome "preferences" and "unsubscribe"."""

    @property
    def kind(self) -> str: ...  # confirm, welcome
    @property
    def address(self) -> str: ...
    @property
    def list_name(self) -> str: ...
    @property
    def locale(self) -> str: ...
    @property
    def links(self) -> Mapping[str, str]: ...
    @property
    def follows(self) -> Sequence[str]: ...
    @property
    def hour(self) -> str: ...  # "07:00", of the reader's edition
    @property
    def place(self) -> str: ...  # "London"


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
