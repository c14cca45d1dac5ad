"""Addresses are taken as people write and paste them; a webhook's URL is never repeated."""

import pytest

from digest.channels.slack.addresses import canonical, is_webhook
from digest.errors import InputError

SECRET = "https://hooks.slack.com/services/T000/B000/sEcReT"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("C0123ABCD", "C0123ABCD"),
        (" #general ", "#general"),
        ("#Crisis-Room_2", "#crisis-room_2"),
        ("#новости", "#новости"),
        ("@U0123ABCD", "U0123ABCD"),
        ("<#C0123ABCD|general>", "C0123ABCD"),
        ("https://acme.slack.com/archives/C0123ABCD/p1700000000000100", "C0123ABCD"),
        (SECRET, SECRET),
        ("https://chat.example.org/hooks/abc", "https://chat.example.org/hooks/abc"),
        ("http://127.0.0.1:8065/hooks/abc", "http://127.0.0.1:8065/hooks/abc"),
    ],
)
def test_an_address_has_one_form(written: str, address: str) -> None:
    assert canonical(written) == address
    assert canonical(address) == address


@pytest.mark.parametrize(
    "written",
    ["", "general", "#", "#two words", "@maria", "maria@example.com", "c0", "ftp://example.org/x"],
)
def test_what_is_no_address_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(InputError, match=r"#general|@U0123ABCD|https://"):
        canonical(written)


@pytest.mark.parametrize(
    "written",
    [
        SECRET.replace("https", "http"),
        SECRET.replace("https://", "https://user:pw@"),
        SECRET.replace("hooks.slack.com", ""),
        SECRET + " and more",
        SECRET.replace(".com", ".com:port"),
    ],
)
def test_a_bad_webhook_is_refused_without_repeating_it(written: str) -> None:
    with pytest.raises(InputError) as refused:
        canonical(written)
    assert "sEcReT" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_webhooks_are_told_from_channels() -> None:
    assert is_webhook(SECRET)
    assert not is_webhook("#general")
