"""Settings of what comes back: wrong ones are refused at the start, and no secret is shown."""

from pathlib import Path

import pytest
from web.posted import TOPIC, sendgrid_key

from digest.errors import ConfigurationError
from digest.services.admin import configuration
from digest.services.bounces.settings import BounceSettings


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("bounce_lmtp", "2424"),
        ("bounce_lmtp", "localhost:port"),
        ("bounce_imap_done", "Zur\u00fcck"),
        ("hook_ses_topics", f"{TOPIC}, bounces"),
        ("hook_sendgrid_key", "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE"),
        ("hook_postmark_login", "user:short"),
        ("hook_postmark_login", "no-password-at-all"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(key: str, wrong: str) -> None:
    with pytest.raises(ConfigurationError, match=f"DIGEST_{key.upper()}"):
        BounceSettings.load(**{key: wrong})


@pytest.mark.parametrize(
    ("key", "right"),
    [
        ("bounce_lmtp", "/run/digest/lmtp"),
        ("bounce_lmtp", "[::1]:2424"),
        ("bounce_lmtp", ""),
        ("hook_ses_topics", f" {TOPIC},arn:aws-cn:sns:cn-north-1:1:x "),
        ("hook_sendgrid_key", sendgrid_key()[1]),
    ],
)
def test_a_right_value_is_taken(key: str, right: str) -> None:
    assert getattr(BounceSettings.load(**{key: right}), key) == right


def test_a_secret_may_stand_in_a_file_and_is_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {
        "hook_mailgun_key": "mailgun-secret",
        "hook_postmark_login": "user:postmark-secret",
        "bounce_imap_url": "imaps://me:imap-secret@mail.example.org/INBOX",
    }
    for key, value in secrets.items():
        (tmp_path / key).write_text(f"{value}\n")
        monkeypatch.setenv(f"DIGEST_{key.upper()}_FILE", str(tmp_path / key))
    settings = BounceSettings.load()
    assert settings.mailbox is not None
    assert settings.mailbox.password == "imap-secret"
    shown = f"{settings!r} {[one.value for one in configuration.in_force()]}"
    assert "-secret" not in shown
