"""Bounces and complaints as mail services post them: SES, Mailgun, Postmark, SendGrid.

Each reader takes a document whose signature was checked, passes over fields that it does not know
and events that are of no concern (opened, delivered, tried again), and never raises. Field names
are the services' own.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from digest.errors import InputError
from digest.formats.json_text import load
from digest.models.words import BounceKind as Kind

_MOST = 5_000  # events of one request


@dataclass(frozen=True, slots=True)
class HookEvent:
    """One mail that bounced or was complained about.

    `kind` is what the service calls it, UNKNOWN when it doesn't say. `proofs` are texts in which
    our tag, link or Message-ID may stand. `id` is the service's own, the same on every retry.
    """

    id: str
    kind: Kind
    address: str
    status: str = ""
    words: str = ""
    proofs: tuple[str, ...] = ()


def text(value: object) -> str:
    """A string or number as text; "" for whatever else stands there."""
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Mapping[str, Any]]:
    return [table(one) for one in value[:_MOST]] if isinstance(value, list) else []


# SES, within the Message of an SNS notification: "notificationType" of an identity's notifications,
# "eventType" of a configuration set's. A bounce has "Permanent", "Transient" or "Undetermined".
_SES_KINDS = {"Permanent": Kind.HARD, "Transient": Kind.SOFT}
_SES_POLICY = ("ContentRejected", "AttachmentRejected", "MessageTooLarge")


def ses(document: Mapping[str, Any]) -> Iterator[HookEvent]:
    what = text(document.get("notificationType")) or text(document.get("eventType"))
    mail = table(document.get("mail"))
    proofs = (text(mail.get("source")), *_ses_headers(mail))
    if what == "Bounce":
        bounce = table(document.get("bounce"))
        kind = _SES_KINDS.get(text(bounce.get("bounceType")), Kind.UNKNOWN)
        if text(bounce.get("bounceSubType")) in _SES_POLICY:
            kind = Kind.POLICY
        for one in rows(bounce.get("bouncedRecipients")):
            yield HookEvent(
                id=f"{text(bounce.get('feedbackId'))}:{text(one.get('emailAddress'))}",
                kind=kind,
                address=text(one.get("emailAddress")),
                status=text(one.get("status")),
                words=text(one.get("diagnosticCode")) or text(bounce.get("bounceSubType")),
                proofs=proofs,
            )
    elif what == "Complaint":
        complaint = table(document.get("complaint"))
        if text(complaint.get("complaintFeedbackType")) == "not-spam":
            return
        for one in rows(complaint.get("complainedRecipients")):
            yield HookEvent(
                id=f"{text(complaint.get('feedbackId'))}:{text(one.get('emailAddress'))}",
                kind=Kind.COMPLAINT,
                address=text(one.get("emailAddress")),
                words=f"feedback: {text(complaint.get('complaintFeedbackType')) or 'none'}",
                proofs=proofs,
            )


def _ses_headers(mail: Mapping[str, Any]) -> list[str]:
    wanted = ("list-unsubscribe", "message-id")
    return [
        text(one.get("value"))
        for one in rows(mail.get("headers"))
        if text(one.get("name")).lower() in wanted
    ]


def mailgun(document: Mapping[str, Any]) -> Iterator[HookEvent]:
    """A failure that is "temporary" is tried again by Mailgun, and of no concern yet."""
    event = table(document.get("event-data"))
    what = text(event.get("event"))
    if what not in ("failed", "complained") or text(event.get("severity")) == "temporary":
        return
    status = table(event.get("delivery-status"))
    headers = table(table(event.get("message")).get("headers"))
    reason = text(event.get("reason"))
    kind = Kind.COMPLAINT if what == "complained" else Kind.HARD
    kind = {"suppress-complaint": Kind.COMPLAINT, "old": Kind.SOFT}.get(reason, kind)
    if reason == "suppress-unsubscribe":
        return
    words = text(status.get("message")) or text(status.get("description")) or reason
    yield HookEvent(
        id=text(event.get("id")),
        kind=kind,
        address=text(event.get("recipient")),
        status=text(status.get("enhanced-code")),
        words=f"{text(status.get('code'))} {words}".strip(),
        proofs=(
            text(table(event.get("envelope")).get("sender")),
            text(headers.get("message-id")),
        ),
    )


_POSTMARK = {
    "HardBounce": Kind.HARD,
    "BadEmailAddress": Kind.HARD,
    "SoftBounce": Kind.SOFT,
    "DnsError": Kind.SOFT,
    "SpamComplaint": Kind.COMPLAINT,
    "SpamNotification": Kind.POLICY,
    "Blocked": Kind.POLICY,
    "DMARCPolicy": Kind.POLICY,
    "VirusNotification": Kind.POLICY,
}
_POSTMARK_PASSED_OVER = (
    *("Transient", "AutoResponder", "AddressChange", "ChallengeVerification"),
    *("Subscribe", "Unsubscribe", "OpenRelayTest"),
)


def postmark(document: Mapping[str, Any]) -> Iterator[HookEvent]:
    """One event a request: "RecordType" Bounce or SpamComplaint, whose "Type" says more."""
    if text(document.get("RecordType")) not in ("Bounce", "SpamComplaint"):
        return
    what = text(document.get("Type"))
    if what in _POSTMARK_PASSED_OVER:
        return
    yield HookEvent(
        id=text(document.get("ID")),
        kind=_POSTMARK.get(what, Kind.UNKNOWN),
        address=text(document.get("Email")),
        words=text(document.get("Details")) or text(document.get("Description")) or what,
        proofs=(text(document.get("From")),),
    )


_SENDGRID_DROPPED = {
    "bounced address": Kind.HARD,
    "invalid": Kind.HARD,
    "spam reporting address": Kind.COMPLAINT,
    "spam content": Kind.POLICY,
}


def sendgrid(document: list[Any]) -> Iterator[HookEvent]:
    """A list of events. A bounce of "type" blocked was refused this time only."""
    for one in rows(document):
        kind = _sendgrid_kind(one)
        if kind is not None:
            yield HookEvent(
                id=text(one.get("sg_event_id")),
                kind=kind,
                address=text(one.get("email")),
                status=text(one.get("status")),
                words=text(one.get("reason")),
                proofs=(text(one.get("smtp-id")),),
            )


def _sendgrid_kind(event: Mapping[str, Any]) -> Kind | None:
    what = text(event.get("event"))
    if what == "spamreport":
        return Kind.COMPLAINT
    if what == "bounce":
        return Kind.SOFT if text(event.get("type")) == "blocked" else Kind.HARD
    if what == "dropped":
        reason = text(event.get("reason")).lower()
        if "unsubscribed" in reason:
            return None
        return _SENDGRID_DROPPED.get(reason, Kind.UNKNOWN)
    return None


READERS: Mapping[str, tuple[type, Callable[[Any], Iterator[HookEvent]]]] = {
    "ses": (dict, ses),
    "mailgun": (dict, mailgun),
    "postmark": (dict, postmark),
    "sendgrid": (list, sendgrid),
}
"""By service: what its document is, and who reads it."""


def as_signed(raw: bytes) -> Mapping[str, Any]:
    """An object whose texts are signed, so that none of them may be tidied.

    Raises:
        InputError: it is none.
    """
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise InputError("it is not JSON") from None
    if not isinstance(value, dict):
        raise InputError("it is no object")
    return value


def document(service: str, raw: bytes | str) -> Any:
    """
    Raises:
        InputError: it is not what this service posts.
    """
    value = load(raw)
    wanted, _ = READERS[service]
    if not isinstance(value, wanted):
        raise InputError(f"it is not what {service} posts")
    return value


def events(service: str, document: Any) -> list[HookEvent]:
    """The events of a document that `document` has read."""
    return list(READERS[service][1](document))[:_MOST]
