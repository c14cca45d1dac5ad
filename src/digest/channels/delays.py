"""Alerts that arrive well after they were written: their readers are told so."""

from datetime import timedelta

from digest.models.content import EditionContent
from digest.models.envelope import Envelope
from digest.models.words import Code, EditionKind

DELAYED = timedelta(minutes=30)


def delayed(content: EditionContent, envelope: Envelope) -> bool:
    """Whether the alert waited for its provider or for us; a roundup was held on purpose."""
    alert = content.kind == EditionKind.ALERT and content.code != Code.ROUNDUP
    return alert and envelope.sent_at - content.at > DELAYED
