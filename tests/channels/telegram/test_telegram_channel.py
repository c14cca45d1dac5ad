"""The Channel as the rest of the service sees it: found, configured, previewed."""

import pytest
from builders import make_alert, make_earlier, make_envelope

from digest.channels import discover
from digest.channels.telegram import TelegramChannel
from digest.channels.telegram.settings import TelegramSettings
from digest.errors import ConfigurationError
from digest.models.words import Code


def test_it_is_found_by_its_name() -> None:
    assert discover()["telegram"] is TelegramChannel


def test_a_preview_is_the_html_of_each_call(offline: TelegramChannel) -> None:
    envelope = make_envelope(address="42", earlier=make_earlier(reference="42:7"))
    message = offline.render(make_alert(4, code=Code.CORRECT), envelope)
    suffix, content = offline.preview(message)
    assert suffix == ".html"
    edit, reply = (str(dict(step.payload)["text"]) for step in message.steps)  # type: ignore[call-overload]
    assert content.decode() == f"{edit}\n\n{reply}\n"


@pytest.mark.parametrize(
    ("reference", "address", "rewrites"),
    [
        ("42:7", "42", True),
        ("-1001:7", "@channel", True),
        ("-99:7", "-1001", False),  # the group became a supergroup
        ("", "42", False),
    ],
)
def test_a_message_is_rewritten_where_it_is(
    offline: TelegramChannel, reference: str, address: str, rewrites: bool
) -> None:
    assert offline.rewrites(reference, address) is rewrites
    earlier = make_earlier(reference=reference)
    mended = make_alert().model_copy(update={"mended": True})
    message = offline.render(mended, make_envelope(address=address, earlier=earlier))
    assert [one.method for one in message.steps] == ["editMessageText"] * rewrites


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
