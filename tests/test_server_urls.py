"""Addresses of servers, as settings of mail and of mailboxes name them."""

import pytest

from digest.server_urls import is_loopback, parse

PORTS = {"imap": 143, "imaps": 993}


def test_its_parts_are_decoded_and_the_port_is_the_schemes_own() -> None:
    found = parse(" imaps://me%40x:p%2Fw@[::1]/In%20box/?a=1&a=2 ", PORTS, "no")
    assert found == ("imaps", "::1", 993, "me@x", "p/w", "In box", {"a": "2"})
    assert found.loopback


@pytest.mark.parametrize("url", ["http://h", "imap://", "imap://h:port", "imap://[x/", "", "h:143"])
def test_another_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"\Ait must be so\Z"):
        parse(url, PORTS, "it must be so")


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *((one, True) for one in ("localhost", "127.0.0.1", "127.9.9.9", "::1", "0:0:0:0:0:0:0:1")),
        *((one, False) for one in ("", "10.0.0.1", "localhost.example.org", "127.0.0.1.example")),
    ],
)
def test_this_machine_is_known_by_all_its_names(host: str, here: bool) -> None:
    assert is_loopback(host) is here
