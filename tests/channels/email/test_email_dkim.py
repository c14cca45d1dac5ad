"""Signatures, judged by dkimpy with DNS answers from the test."""

import re
from base64 import b64decode
from collections.abc import Callable
from types import SimpleNamespace

import dkim
import pytest
from builders import make_alert, make_digest, make_earlier, make_envelope
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from mails import raw

from digest.channels.email import EmailChannel
from digest.errors import ConfigurationError
from digest.models.words import Code

WANTED = {
    "list-unsubscribe",
    "list-unsubscribe-post",
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "list-id",
    "mime-version",
    "content-type",
}


def verdicts(channel: EmailChannel, data: bytes) -> list[bool]:
    """What dkimpy says of each signature of our channel's keys."""
    records = {f"{s.dns_name}.".encode(): s.dns_value.encode() for s in channel.signers}

    def dns(name: bytes, timeout: float = 5) -> bytes | None:
        return records.get(name)

    def verdict(index: int) -> bool:
        try:
            return bool(dkim.DKIM(data).verify(index, dnsfunc=dns))
        except dkim.ValidationError:
            return False

    count = data.partition(b"\r\n\r\n")[0].count(b"DKIM-Signature:")
    return [verdict(index) for index in range(count)]


class _VerifyKey:
    """PyNaCl's key, as dkimpy uses it, on the package that we have."""

    def __init__(self, encoded: bytes, encoder: object) -> None:
        self._key = Ed25519PublicKey.from_public_bytes(b64decode(encoded))

    def verify(self, message: bytes, signature: bytes) -> bytes:
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            raise ValueError from None
        return message


@pytest.fixture(autouse=True)
def nacl(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = SimpleNamespace(
        signing=SimpleNamespace(VerifyKey=_VerifyKey),
        encoding=SimpleNamespace(Base64Encoder=None),
        exceptions=SimpleNamespace(BadSignatureError=ValueError, ValueError=ValueError),
    )
    monkeypatch.setattr(dkim, "nacl", stand_in, raising=False)


@pytest.fixture
def signing(
    make_channel: Callable[..., EmailChannel], rsa_key: str, ed25519_key: str
) -> EmailChannel:
    return make_channel(
        dkim_selector="one",
        dkim_key=rsa_key,
        dkim_ed25519_selector="two",
        dkim_ed25519_key=ed25519_key,
    )


def test_both_signatures_verify(signing: EmailChannel) -> None:
    for content in (make_digest(12, 0), make_alert(), make_digest(locale="ar")):
        data = raw(signing, signing.render(content, make_envelope(name="Jürgen Groß")))
        assert verdicts(signing, data) == [True, True]


def test_threads_and_long_subjects_verify(signing: EmailChannel) -> None:
    earlier = make_earlier(subject="Alert: " + "word " * 40)
    message = signing.render(make_alert(code=Code.UPDATE), make_envelope(earlier=earlier))
    assert verdicts(signing, raw(signing, message)) == [True, True]


def test_a_changed_letter_spoils_them(signing: EmailChannel) -> None:
    data = raw(signing, signing.render(make_digest(), make_envelope()))
    assert verdicts(signing, data.replace(b"Harbour", b"harbour")) == [False, False]
    assert verdicts(signing, data.replace(b"/unsubscribe>", b"/subscribe>")) == [False, False]


def test_the_headers_that_matter_are_covered(signing: EmailChannel) -> None:
    data = raw(signing, signing.render(make_digest(), make_envelope()))
    found = re.search(rb"h=([^;]+);", data)
    assert found
    covered = re.sub(rb"\s", b"", found[1]).decode().lower().split(":")
    assert set(covered) >= WANTED
    assert covered.count("from") == 2


def test_without_a_key_nothing_is_signed(channel: EmailChannel) -> None:
    assert b"DKIM" not in raw(channel, channel.render(make_digest(), make_envelope()))


def test_a_wrong_key_is_refused_without_showing_it(
    make_channel: Callable[..., EmailChannel],
) -> None:
    with pytest.raises(ConfigurationError, match="DIGEST_DKIM_KEY") as refused:
        make_channel(dkim_selector="one", dkim_key="not a key")
    assert "not a key" not in str(refused.value)
