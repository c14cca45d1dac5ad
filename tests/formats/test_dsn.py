"""Delivery status notifications of many servers, read and judged."""

import time

import pytest
from formats.reports import BACK, BOUNCES, HEADERS, OUT_OF_OFFICE, TO, plain, postfix
from hypothesis import given
from hypothesis import strategies as st

from digest.edit.bounces import Told, verdict
from digest.formats import arf, dsn, mime


def judged(raw: str, to: str = TO) -> tuple[str | None, str]:
    found = dsn.read(mime.read(raw.encode()))
    assert found is not None
    told = [
        Told(one.original or one.final, one.action, one.status, one.diagnostic)
        for one in found.recipients
    ]
    what = verdict(told, to)
    return (None, "") if what is None else (str(what.kind), what.status)


@pytest.mark.parametrize("name", BOUNCES)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_each_server_is_understood(name: str, line_end: str) -> None:
    sample = BOUNCES[name]
    raw = sample.write(TO, BACK, HEADERS).replace("\n", line_end)
    assert judged(raw) == (sample.kind, sample.status)
    headers = dsn.returned(mime.read(raw.encode()))
    assert headers.first("message-id") == "<427.digest-2026-03-05@example.org>"


def test_folded_words_of_the_server_are_joined() -> None:
    found = dsn.read(mime.read(postfix(TO, BACK, HEADERS).encode()))
    assert found is not None
    (one,) = found.recipients
    assert one.final == one.original == TO
    assert one.diagnostic.endswith("User unknown in virtual mailbox table")


@pytest.mark.parametrize(
    ("field", "address"),
    [
        ("rfc822; maria@example.com", "maria@example.com"),
        ("rfc822;<maria@example.com>", "maria@example.com"),
        ("rfc822;maria+2Bnews@example.com", "maria+news@example.com"),
        ("rfc822;maria+news@example.com", "maria+news@example.com"),
        ("utf-8; j\\x{F3}zef@example.com", "józef@example.com"),
        ("utf-8; józef@example.com", "józef@example.com"),
        ("utf-8; \\x{D800}\\x{110000}x", "\\x{D800}\\x{110000}x"),
        ("maria@example.com", "maria@example.com"),
        ("", ""),
    ],
)
def test_addresses_in_all_their_forms(field: str, address: str) -> None:
    assert dsn.address(field) == address


@pytest.mark.parametrize("raw", [plain(TO, BACK, HEADERS), OUT_OF_OFFICE, "", "x", HEADERS])
def test_what_is_no_report_is_none(raw: str) -> None:
    assert dsn.read(mime.read(raw.encode())) is None


def test_one_with_broken_fields_says_nothing_of_anybody() -> None:
    raw = postfix(TO, BACK, HEADERS).replace("Final-Recipient", "Finally").replace("Action", "Act")
    found = dsn.read(mime.read(raw.encode()))
    assert found is not None
    assert found.recipients == ()


def nested(depth: int) -> bytes:
    levels = "".join(
        f'Content-Type: multipart/mixed; boundary="{n}"\n\n--{n}\n' for n in range(depth)
    )
    return levels.encode()


HOSTILE = {
    "deep": nested(20_000),
    "wide": b"Content-Type: multipart/report; boundary=x\n\n" + b"--x\n\n" * 200_000,
    "one long line": b"Subject: " + b"x" * 5_000_000,
    "many headers": b"A: b\n" * 400_000,
    "folded without end": b"A: b\n" + b" c\n" * 400_000,
    "semicolons": b"Content-Type: multipart/report" + b"; " * 10_000 + b"\n\n",
    "quotes": b'Content-Type: multipart/report; boundary="' + b"\\" * 19_000 + b"\n\n",
    "many recipients": (
        b"Content-Type: message/delivery-status\n\n"
        + b"Final-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n\n" * 20_000
    ),
    "no fields": b"Content-Type: message/delivery-status\n\n" + b"x\n" * 400_000,
    "zeros": b"\x00" * 2_000_000,
    "encoded twice": b"Content-Type: message/delivery-status\n"
    b"Content-Transfer-Encoding: base64\n\n" + b"=" * 900_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_costs_little_and_raises_nothing(name: str) -> None:
    begun = time.process_time()
    mail = mime.read(HOSTILE[name])
    dsn.read(mail)
    dsn.returned(mail)
    arf.read(mail)
    assert time.process_time() - begun < 1.5


PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/report; boundary=x\n",
        b"Content-Type: message/delivery-status\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: quoted-printable\n",
        b"Final-Recipient: utf-8; \\x{FFFFFF}\n",
        b"Action:\n",
        b"Action: \xff\n",
        b"--x\n",
        b"--x--\n",
        b"\n",
        b" =\n",
        b":\n",
        b"From x\n",
    ]
)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=40)), max_size=30))
def test_whatever_comes_nothing_is_raised(pieces: list[bytes]) -> None:
    mail = mime.read(b"".join(pieces))
    found = dsn.read(mail)
    assert found is None or len(found.recipients) <= 50
    dsn.returned(mail)
    arf.read(mail)
    assert isinstance(mail.text, str)
