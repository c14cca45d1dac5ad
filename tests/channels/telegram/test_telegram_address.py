"""How a chat may be written, and its one canonical form."""

import pytest

from digest.channels.telegram import TelegramChannel
from digest.channels.telegram.address import Chat, parse
from digest.errors import InputError


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("123456789", "123456789"),
        (" -1001234567890 ", "-1001234567890"),
        ("@WorldNews", "@worldnews"),
        ("-1001234567890/17", "-1001234567890/17"),
        ("@worldnews/17", "@worldnews/17"),
        ("https://t.me/WorldNews", "@worldnews"),
        ("t.me/worldnews/17", "@worldnews/17"),
        ("https://t.me/c/1234567890/17", "-1001234567890/17"),
    ],
)
def test_chats_have_one_form(offline: TelegramChannel, written: str, canonical: str) -> None:
    assert offline.address(written) == canonical
    assert offline.address(canonical) == canonical


@pytest.mark.parametrize(
    "written",
    ["", "0", "me@example.org", "@ab", "@1abcd", "12/x", "12/0/3", "worldnews", "1" * 30],
)
def test_anything_else_is_refused_with_an_example(offline: TelegramChannel, written: str) -> None:
    with pytest.raises(InputError, match=r"write a chat id such as"):
        offline.address(written)


def test_groups_are_told_from_people() -> None:
    assert not parse("42").is_group
    assert parse("-42").is_group
    assert parse("@worldnews").is_group
    assert parse("-100/7") == Chat(-100, 7)
