"""What mail services post, signed and worded as each one does; made up for the tests."""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from newsroom import NOON

TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123.pem"
SUBSCRIBE = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=abc"
MAILGUN_KEY = "a mailgun key for tests"
LOGIN = "postmark:a long password"


@cache
def sns_key() -> tuple[rsa.RSAPrivateKey, bytes]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOON - timedelta(days=30))
        .not_valid_after(NOON + timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    return key, made.public_bytes(serialization.Encoding.PEM)


@cache
def sendgrid_key() -> tuple[ec.EllipticCurvePrivateKey, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return key, base64.b64encode(der).decode()


# How each service signs ------------------------------------------------------------------------


def from_sns(message: Any, version: str = "2", **fields: Any) -> dict[str, Any]:
    """A notification of SNS, signed."""
    notice = {
        "Type": "Notification",
        "MessageId": "da41e39f-ea4d-435a-b922-c6aae3915ebe",
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": "2026-03-05T12:00:00.000Z",
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE,
        "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        "Unknown": {"field": [1]},
    } | fields
    names = ["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn"]
    text = "".join(f"{name}\n{notice[name]}\n" for name in [*names, "Type"] if name in notice)
    hash_of = hashes.SHA1() if version == "1" else hashes.SHA256()
    signature = sns_key()[0].sign(text.encode(), padding.PKCS1v15(), hash_of)
    return notice | {"Signature": base64.b64encode(signature).decode()}


def ses(notice: dict[str, Any]) -> tuple[str, bytes, dict[str, str]]:
    return "ses", json.dumps(notice).encode(), {"content-type": "text/plain; charset=UTF-8"}


def mailgun(event: dict[str, Any], at: datetime = NOON) -> tuple[str, bytes, dict[str, str]]:
    stamp, token = str(int(at.timestamp())), "b" * 50
    signature = hmac.new(MAILGUN_KEY.encode(), f"{stamp}{token}".encode(), hashlib.sha256)
    signed = {"timestamp": stamp, "token": token, "signature": signature.hexdigest()}
    return "mailgun", json.dumps({"signature": signed, "event-data": event}).encode(), {}


def postmark(event: dict[str, Any], login: str = LOGIN) -> tuple[str, bytes, dict[str, str]]:
    basic = base64.b64encode(login.encode()).decode()
    return "postmark", json.dumps(event).encode(), {"authorization": f"Basic {basic}"}


def sendgrid(*events: dict[str, Any]) -> tuple[str, bytes, dict[str, str]]:
    body = json.dumps(list(events)).encode() + b"\r\n"
    signature = sendgrid_key()[0].sign(b"1772712000" + body, ec.ECDSA(hashes.SHA256()))
    return (
        "sendgrid",
        body,
        {
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": "1772712000",
        },
    )


# What each service says -------------------------------------------------------------------------


def ses_bounce(source: str, to: str, kind: str = "Permanent", **more: Any) -> dict[str, Any]:
    recipient = {
        "emailAddress": to,
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": "smtp; 550 5.1.1 user unknown",
    } | more
    return {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": kind,
            "bounceSubType": "General",
            "bouncedRecipients": [recipient],
            "timestamp": "2026-03-05T12:00:00.000Z",
            "feedbackId": "0102-feedback",
        },
        "mail": {"messageId": "0102-mail", "source": source, "destination": [to]},
    }


def ses_complaint(headers: list[dict[str, str]], to: str) -> dict[str, Any]:
    return {
        "eventType": "Complaint",
        "complaint": {
            "complainedRecipients": [{"emailAddress": to}],
            "complaintFeedbackType": "abuse",
            "feedbackId": "0103-feedback",
        },
        "mail": {"source": "digest@example.org", "headers": headers},
    }


def mailgun_failed(message_id: str, to: str, **more: Any) -> dict[str, Any]:
    return {
        "event": "failed",
        "severity": "permanent",
        "reason": "bounce",
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "recipient": to,
        "message": {"headers": {"message-id": message_id.strip("<>"), "to": to}},
        "delivery-status": {"code": 550, "message": "5.1.1 No such user", "attempt-no": 1},
    } | more


def postmark_bounce(to: str, kind: str = "HardBounce", record: str = "Bounce") -> dict[str, Any]:
    return {
        "RecordType": record,
        "ID": 4323372036854775807,
        "Type": kind,
        "TypeCode": 1,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Email": to,
        "From": "digest@example.org",
        "Details": f"smtp;550 unknown user <{to}>",
        "BouncedAt": "2026-03-05T12:00:00Z",
    }


def sendgrid_event(smtp_id: str, to: str, event: str = "bounce", **more: Any) -> dict[str, Any]:
    return {
        "email": to,
        "timestamp": 1772712000,
        "smtp-id": smtp_id,
        "event": event,
        "sg_event_id": "bounce-0-abc",
        "sg_message_id": "abc.filter001",
    } | more
