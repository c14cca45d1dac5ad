"""Complaints as mailbox providers report them."""

import pytest
from formats.reports import HEADERS, TO, complaint, postfix

from digest.formats import arf, dsn, mime


def read(raw: str) -> arf.Feedback:
    found = arf.read(mime.read(raw.encode()))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "complains"),
    [
        ("abuse", True),
        ("Fraud", True),
        ("opt-out", True),
        ("not-spam", False),
        ("auth-failure", False),
        ("virus", False),
        ("", False),
    ],
)
def test_only_what_a_reader_does_not_want_is_a_complaint(kind: str, complains: bool) -> None:
    assert read(complaint(kind=kind)).complains is complains


def test_the_mail_it_is_about_comes_with_it() -> None:
    raw = complaint(recipient="", headers=HEADERS)
    assert read(raw).recipient == ""
    headers = dsn.returned(mime.read(raw.encode()))
    assert headers.first("list-unsubscribe").startswith("<https://digest.example.org/r/")


def test_the_recipient_is_read_where_it_is_named() -> None:
    assert read(complaint()).recipient == TO
    assert read(complaint(recipient="redacted")).recipient == "redacted"


def test_a_bounce_is_no_complaint() -> None:
    assert arf.read(mime.read(postfix(TO, "x@example.org", HEADERS).encode())) is None
