"""The question whether a channel is right, and the welcome."""

from typing import Any

import pytest
from builders import make_letter
from slack_oracle import judge

from digest.channels.base import Letter
from digest.channels.slack import SlackChannel
from digest.standins.slack import SlackStandIn

LINKS = {
    "confirm": "https://digest.example.org/c/1",
    "preferences": "https://digest.example.org/p/1",
    "unsubscribe": "https://digest.example.org/u/1",
}


def letter(kind: str, **changes: Any) -> Letter:
    values = {
        "kind": kind,
        "address": "#crisis",
        "list_name": "Morning <!here> brief",
        "links": LINKS,
        "follows": ("Iran", "R&D"),
    }
    return make_letter(**(values | changes))


@pytest.mark.parametrize("kind", ["confirm", "welcome"])
@pytest.mark.parametrize("locale", ["en", "ar"])
async def test_a_letter_is_a_post_that_slack_takes(
    slack: SlackChannel, standin: SlackStandIn, kind: str, locale: str
) -> None:
    message = slack.letter(letter(kind, locale=locale))
    judge(dict(message.steps[0].payload))
    await slack.send(message)
    (stored,) = standin.messages("#crisis")
    assert "<!here>" not in str(stored)


def test_the_question_has_one_button_and_says_that_silence_is_a_no(slack: SlackChannel) -> None:
    text = slack.letter(letter("confirm")).text
    assert "Yes, send it here: https://digest.example.org/c/1" in text
    assert "do nothing" in text


def test_the_welcome_says_what_comes_and_when(slack: SlackChannel) -> None:
    text = slack.letter(letter("welcome")).text
    assert "You follow Iran, R&D." in text
    assert "Your edition comes at 07:00, London time" in text
    assert "Unsubscribe: https://digest.example.org/u/1" in text


def test_what_is_not_known_is_left_out_of_the_welcome(slack: SlackChannel) -> None:
    text = slack.letter(letter("welcome", follows=(), hour="", place="")).text
    assert "You follow" not in text
    assert "comes at" not in text
