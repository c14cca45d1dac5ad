"""Delivery status notifications: RFC 3464, and RFC 6533 for addresses in other letters."""

import re
from dataclasses import dataclass

from digest.formats.mime import Headers, Part, decoded, split

STATUS = ("message/delivery-status", "message/global-delivery-status")
RETURNED = (
    "message/rfc822",
    "message/global",
    "message/rfc822-headers",
    "text/rfc822-headers",
    "message/global-headers",
)
_MOST = 50  # groups of fields that are looked at: a mail of ours has one recipient
_TYPED = re.compile(r"\A\s*([\w-]+)\s*;\s*(.*)\Z", re.DOTALL)
_XTEXT = re.compile(r"\+(2B|3D)")  # RFC 3461: all that it escapes of a common address
_UTF8_XTEXT = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


@dataclass(frozen=True, slots=True)
class Recipient:
    """What the report says of one recipient. `action` is in lower case, addresses without <>."""

    final: str
    original: str
    action: str
    status: str
    diagnostic: str


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    recipients: tuple[Recipient, ...]


def read(mail: Part) -> DeliveryStatus | None:
    """The report in a mail; None: it is none. One whose fields are broken has no recipients."""
    part = mail.find(*STATUS)
    if part is None:
        return None
    found = []
    rest = decoded(part.headers, part.body).replace(b"\r\n", b"\n")
    for _ in range(_MOST):
        fields, rest = split(rest)
        if fields.every("action") or fields.every("final-recipient"):
            found.append(_recipient(fields))
        if not fields.fields:  # a line that is no field: it is passed over
            rest = rest.partition(b"\n")[2]
    return DeliveryStatus(tuple(found))


def _recipient(fields: Headers) -> Recipient:
    return Recipient(
        final=address(fields.first("final-recipient")),
        original=address(fields.first("original-recipient")),
        action=fields.first("action").split()[0].lower() if fields.first("action") else "",
        status=fields.first("status"),
        diagnostic=typed(fields.first("diagnostic-code"))[1],
    )


def typed(value: str) -> tuple[str, str]:
    """(type, value) of "rfc822; maria@example.org"; the type is "" if there is none."""
    found = _TYPED.match(value)
    return (found[1].lower(), found[2].strip()) if found else ("", value.strip())


def address(value: str) -> str:
    """The address in a field of a report, with its escapes undone."""
    kind, text = typed(value)
    text = text.strip("<> ")
    if kind.startswith("utf-8"):
        return _UTF8_XTEXT.sub(_letter, text)
    return _XTEXT.sub(lambda found: chr(int(found[1], 16)), text)


def _letter(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else found[0]


def returned(mail: Part) -> Headers:
    """The headers of the mail that came back; none if it was not returned."""
    part = mail.find(*RETURNED)
    if part is None:
        return Headers()
    return split(decoded(part.headers, part.body).replace(b"\r\n", b"\n"))[0]
