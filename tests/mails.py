"""What the tests read in a mail, by Python's own parser."""

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from digest.channels.base import Message
from digest.channels.email import EmailChannel


def raw(channel: EmailChannel, message: Message) -> bytes:
    return channel.preview(message)[1]


def parsed(channel: EmailChannel, message: Message) -> EmailMessage:
    found = message_from_bytes(raw(channel, message), policy=SMTP)
    assert isinstance(found, EmailMessage)
    return found


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert isinstance(body, EmailMessage)
    return str(body.get_content())


def defects(mail: EmailMessage) -> list[object]:
    return [
        *(defect for each in mail.walk() for defect in each.defects),
        *(defect for value in mail.values() for defect in value.defects),
    ]
