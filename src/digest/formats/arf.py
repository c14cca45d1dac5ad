"""Complaints as mailbox providers report them: RFC 5965, the abuse reporting format."""

from dataclasses import dataclass

from digest.formats.dsn import address
from digest.formats.mime import Part, decoded, split

KIND = "message/feedback-report"
COMPLAINTS = ("abuse", "fraud", "opt-out", "opt-out-list", "miscategorized")
"""Types of feedback by which a reader says that a mail was not wanted. "not-spam" says the
opposite, "auth-failure" (RFC 6591) and "virus" nothing about a reader."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """`kind` is in lower case. The recipient is often left out, or replaced by something else; the
    mail that is returned with it then says whose it is."""

    kind: str
    recipient: str

    @property
    def complains(self) -> bool:
        return self.kind in COMPLAINTS


def read(mail: Part) -> Feedback | None:
    """The report in a mail; None: it is none."""
    part = mail.find(KIND)
    if part is None:
        return None
    fields = split(decoded(part.headers, part.body).replace(b"\r\n", b"\n"))[0]
    return Feedback(
        kind=fields.first("feedback-type").strip().lower(),
        recipient=address(fields.first("original-rcpt-to")),
    )
