"""Signatures of mail services: whether a request is from the one that it says.

Pure: keys and the hour are arguments. What is broken is simply not signed.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

OLDEST = timedelta(hours=12)  # Mailgun tries for eight hours
_SNS_HOST = re.compile(r"sns\.[a-z0-9-]{3,40}\.amazonaws\.com(\.cn)?", re.ASCII)
_SNS_FIELDS = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        *("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
_SNS_FIELDS["UnsubscribeConfirmation"] = _SNS_FIELDS["SubscriptionConfirmation"]


def of_mailgun(key: str, signature: Mapping[str, Any], now: datetime) -> bool:
    """HMAC-SHA256 of timestamp and token, in hex, and neither old nor of tomorrow."""
    stamp, token, given = (str(signature.get(of)) for of in ("timestamp", "token", "signature"))
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return False
    wanted = hmac.digest(key.encode(), f"{stamp}{token}".encode("utf-8", "replace"), sha256).hex()
    if not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
        return False
    return abs(now - datetime.fromtimestamp(int(stamp), UTC)) <= OLDEST


def of_postmark(login: str, authorization: str) -> bool:
    """HTTP Basic authentication, "USER:PASSWORD"."""
    scheme, _, given = authorization.partition(" ")
    wanted = base64.b64encode(login.encode())
    return scheme.lower() == "basic" and hmac.compare_digest(wanted, given.strip().encode())


def of_sendgrid(key: str, signature: str, timestamp: str, body: bytes) -> bool:
    """ECDSA on P-256 with SHA-256, of the timestamp's characters and the raw body.

    `key` is the verification key as SendGrid shows it: base64, without lines around it.
    """
    public = public_key(key)
    if public is None:
        return False
    try:
        signed = timestamp.encode() + body
        public.verify(base64.b64decode(signature), signed, ec.ECDSA(hashes.SHA256()))
    except (ValueError, binascii.Error, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def public_key(text: str) -> ec.EllipticCurvePublicKey | None:
    """The key in base64 of DER; None: it is none on an elliptic curve."""
    try:
        key = serialization.load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) else None


def is_of_sns(url: str, ending: str = "") -> bool:
    """Whether an address is one of Amazon's notification service itself."""
    try:
        parts = urlsplit(url)
        plain = parts.port is None and parts.username is None and parts.password is None
    except ValueError:
        return False
    return (
        parts.scheme == "https"
        and plain
        and bool(_SNS_HOST.fullmatch(parts.hostname or ""))
        and parts.path.endswith(ending)
    )


def of_sns(message: Mapping[str, Any], certificate: bytes, now: datetime) -> bool:
    """RSA over the fields that SNS names, by the certificate (PEM) that it points to.

    Version 1 is SHA-1, which Amazon still sends by default; version 2 SHA-256.
    """
    fields = _SNS_FIELDS.get(str(message.get("Type")))
    hash_of: hashes.HashAlgorithm | None = {"1": hashes.SHA1(), "2": hashes.SHA256()}.get(
        str(message.get("SignatureVersion"))
    )
    if fields is None or hash_of is None:
        return False
    signed = "".join(f"{of}\n{message[of]}\n" for of in fields if message.get(of) is not None)
    try:
        read = x509.load_pem_x509_certificate(certificate)
        public = read.public_key()
        if not read.not_valid_before_utc <= now <= read.not_valid_after_utc:
            return False
        if not isinstance(public, rsa.RSAPublicKey):
            return False
        given = base64.b64decode(str(message.get("Signature")))
        public.verify(given, signed.encode("utf-8", "replace"), padding.PKCS1v15(), hash_of)
    except (ValueError, binascii.Error, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
