"""The Channel as the rest of the service sees it: found, configured, previewed, its letters."""

from typing import Any

import pytest
from builders import make_alert, make_earlier, make_envelope, make_letter
from tdlib import parse

from digest.channels import discover
from digest.channels.base import Letter
from digest.channels.telegram import TelegramChannel
from digest.channels.telegram.settings import TelegramSettings
from digest.errors import ConfigurationError
from digest.models.words import Code


def letter(kind: str, **changes: Any) -> Letter:
    values = {
        "kind": kind,
        "address": "42",
        "list_name": "Gulf & <Levant>",
        "links": {
            "confirm": "http://127.0.0.1:8000/c/x?a=1&b=2",
            "preferences": "https://digest.example.org/p/x",
            "unsubscribe": "https://digest.example.org/u/x",
        },
        "follows": ("Iran", "مصر"),
    }
    return make_letter(**(values | changes))


def test_it_is_found_by_its_name() -> None:
    assert discover()["telegram"] is TelegramChannel


def test_a_preview_is_the_html_of_each_call(offline: TelegramChannel) -> None:
    envelope = make_envelope(address="42", earlier=make_earlier(reference="42:7"))
    message = offline.render(make_alert(4, code=Code.CORRECT), envelope)
    suffix, content = offline.preview(message)
    assert suffix == ".html"
    edit, reply = (str(dict(step.payload)["text"]) for step in message.steps)  # type: ignore[call-overload]
    assert content.decode() == f"{edit}\n\n{reply}\n"


def test_a_chat_is_asked_whether_it_is_the_right_one(offline: TelegramChannel) -> None:
    message = offline.letter(letter("confirm"))
    html = str(dict(message.steps[0].payload)["text"])  # type: ignore[call-overload]
    assert parse(html)[0] == message.text
    assert "asked for Gulf & <Levant> in this chat." in message.text
    assert "Yes, send it to me: http://127.0.0.1:8000/c/x?a=1&b=2" in message.text


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_welcome_says_what_comes_and_when(offline: TelegramChannel, locale: str) -> None:
    message = offline.letter(letter("welcome", locale=locale))
    assert "07:00" in message.text
    assert "Iran" in message.text
    assert "https://digest.example.org/u/x" in message.text


def test_a_welcome_without_follows_or_hour_leaves_no_label(offline: TelegramChannel) -> None:
    text = offline.letter(letter("welcome", follows=(), hour="", place="")).text
    assert "You follow" not in text
    assert "edition comes" not in text


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_TELEGRAM_TOKEN", " 123456:ABC-def_9\n")
    monkeypatch.setenv("DIGEST_TELEGRAM_API_URL", "http://127.0.0.1:8081/bot")
    settings = TelegramSettings.load()
    assert settings.telegram_token is not None
    assert settings.telegram_token.get_secret_value() == "123456:ABC-def_9"
    assert settings.telegram_api_url == "http://127.0.0.1:8081/bot"
    assert TelegramSettings().telegram_timeout == 10


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIGEST_TELEGRAM_TOKEN", "secret/../sauce"),
        ("DIGEST_TELEGRAM_API_URL", "api.telegram.org/bot"),
        ("DIGEST_TELEGRAM_TIMEOUT", "0"),
    ],
)
def test_a_wrong_setting_is_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name) as refused:
        TelegramSettings.load()
    assert "sauce" not in str(refused.value)
