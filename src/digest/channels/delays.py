"""Messages that come well after they were due: their readers are told so."""

from datetime import timedelta

from digest.models.content import EditionContent
from digest.models.envelope import Envelope
from digest.models.words import Code, EditionKind

DELAYED = timedelta(minutes=30)


def delayed(content: EditionContent, envelope: Envelope) -> bool:
    """Whether it waited for its provider or for us; a roundup was held on purpose. A digest may
    have been made late as well."""
    late = content.kind == EditionKind.DIGEST and content.late
    return late or (content.code != Code.ROUNDUP and envelope.sent_at - content.at > DELAYED)
