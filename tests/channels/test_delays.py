"""What comes long after it was due says so, on every channel."""

import email
from datetime import timedelta
from email.message import Message as Mail

import pytest
from builders import AT, make_digest, make_envelope

from digest.channels import discover
from digest.models.content import EditionContent
from digest.render.environment import Templates

SAYS = {"en": "This edition is late.", "ar": "تأخر هذا العدد"}
MINUTE = timedelta(minutes=1)


def read(name: str, content: EditionContent, after: timedelta) -> list[str]:
    """All that a reader may see of a digest that is sent so long after its hour."""
    kind = discover()[name]
    channel = kind(kind.Settings.load(), Templates())
    envelope = make_envelope(address=channel.example, sent_at=content.at + after)
    message = channel.render(content, envelope)
    if name != "email":
        return [message.text]
    mail: Mail = email.message_from_bytes(channel.preview(message)[1])
    parts = [one.get_payload(decode=True) for one in mail.walk() if not one.is_multipart()]
    return [part.decode() for part in parts if isinstance(part, bytes)]


@pytest.mark.parametrize("name", discover())
@pytest.mark.parametrize("locale", SAYS)
def test_a_digest_that_waited_for_its_provider_says_that_it_is_late(name: str, locale: str) -> None:
    content = make_digest(2, 0, locale=locale)
    for text in read(name, content, 31 * MINUTE):
        assert SAYS[locale] in text
    for text in read(name, content, 29 * MINUTE):
        assert SAYS[locale] not in text


@pytest.mark.parametrize("name", discover())
def test_one_that_was_made_late_says_so_however_soon_it_is_sent(name: str) -> None:
    for text in read(name, make_digest(2, 0, late=True, at=AT), MINUTE):
        assert SAYS["en"] in text
