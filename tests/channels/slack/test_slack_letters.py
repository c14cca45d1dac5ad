"""The question whether a channel is right, and the welcome."""

from dataclasses import dataclass, field

import pytest
from slack_oracle import judge

from digest.channels.slack import SlackChannel
from digest.standins.slack import SlackStandIn

LINKS = {
    "confirm": "https://digest.example.org/c/1",
    "preferences": "https://digest.example.org/p/1",
    "unsubscribe": "https://digest.example.org/u/1",
}


@dataclass
class Letter:
    kind: str
    address: str = "#crisis"
    list_name: str = "Morning <!here> brief"
    locale: str = "en"
    links: dict[str, str] = field(default_factory=lambda: dict(LINKS))
    follows: tuple[str, ...] = ("Iran", "R&D")
    hour: str = "07:00"
    place: str = "London"


@pytest.mark.parametrize("kind", ["confirm", "welcome"])
@pytest.mark.parametrize("locale", ["en", "ar"])
async def test_a_letter_is_a_post_that_slack_takes(
    slack: SlackChannel, standin: SlackStandIn, kind: str, locale: str
) -> None:
    message = slack.letter(Letter(kind, locale=locale))
    judge(dict(message.steps[0].payload))
    await slack.send(message)
    (stored,) = standin.messages("#crisis")
    assert "<!here>" not in str(stored)


def test_the_question_has_one_button_and_says_that_silence_is_a_no(slack: SlackChannel) -> None:
    text = slack.letter(Letter("confirm")).text
    assert "Yes, send it here: https://digest.example.org/c/1" in text
    assert "do nothing" in text


def test_the_welcome_says_what_comes_and_when(slack: SlackChannel) -> None:
    text = slack.letter(Letter("welcome")).text
    assert "You follow Iran, R&D." in text
    assert "Your edition comes at 07:00, London time" in text
    assert "Unsubscribe: https://digest.example.org/u/1" in text


def test_what_is_not_known_is_left_out_of_the_welcome(slack: SlackChannel) -> None:
    text = slack.letter(Letter("welcome", follows=(), hour="", place="")).text
    assert "You follow" not in text
    assert "comes at" not in text
