"""Mail taken apart as far as reports about mail need it, whatever is sent to us.

Python's own parser asks a generator for each line at each level: a hostile mail of a megabyte keeps
it busy for minutes, or ends in a RecursionError. This one looks at every byte once a level, and at
few levels, parts and headers; what is beyond that is left out.
"""

import binascii
import re
from base64 import b64decode
from dataclasses import dataclass
from quopri import decodestring

LARGEST = 1_000_000  # bytes that are looked at: a report stands at the beginning
_LEVELS = 4
_PARTS = 20
_HEADERS = 500
_LONGEST = 20_000  # characters of one header
_PARAMETER = r'(?:^|;)\s*{}\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))'


@dataclass(frozen=True, slots=True)
class Headers:
    """Header fields in their order, names in lower case, lines unfolded."""

    fields: tuple[tuple[str, str], ...] = ()

    def every(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.fields if key == name)

    def first(self, name: str) -> str:
        """ "" without one."""
        return next(iter(self.every(name)), "")

    def parameter(self, name: str) -> str:
        """A parameter of Content-Type."""
        found = re.search(_PARAMETER.format(name), self.first("content-type"), re.IGNORECASE)
        if found is None:
            return ""
        return re.sub(r"\\(.)", r"\1", found[1]) if found[1] is not None else found[2]


@dataclass(frozen=True, slots=True)
class Part:
    """A mail or a part of one: `body` as it was sent, `parts` if it is a multipart."""

    headers: Headers
    body: bytes
    parts: tuple["Part", ...] = ()

    @property
    def kind(self) -> str:
        """ "message/delivery-status"; "text/plain" if it doesn't say."""
        return self.headers.first("content-type").split(";")[0].strip().lower() or "text/plain"

    @property
    def text(self) -> str:
        """The body as text; what can't be decoded is replaced."""
        return decoded(self.headers, self.body).decode("utf-8", "replace")

    def find(self, *kinds: str) -> "Part | None":
        """The first part of one of these kinds, itself included."""
        if self.kind in kinds:
            return self
        return next((found for part in self.parts if (found := part.find(*kinds))), None)


def decoded(headers: Headers, body: bytes) -> bytes:
    """The body without its transfer encoding; as it stands if that is broken."""
    encoding = headers.first("content-transfer-encoding").strip().lower()
    try:
        if encoding == "base64":
            return b64decode(body)
        if encoding == "quoted-printable":
            return decodestring(body)
    except (binascii.Error, ValueError):
        pass
    return body


def read(raw: bytes) -> Part:
    """The mail; never raises."""
    return _part(raw[:LARGEST].replace(b"\r\n", b"\n"), _LEVELS)


def split(raw: bytes) -> tuple[Headers, bytes]:
    """(header fields, what stands below them). A line that is none ends them, as does an empty
    one; the line of an mbox before them is left out."""
    raw = raw.lstrip(b"\n")
    if raw.startswith((b"From ", b">From ")):
        raw = raw.partition(b"\n")[2]
    fields: list[tuple[str, str]] = []
    start = 0
    while start < len(raw):
        end = raw.find(b"\n", start)
        end = len(raw) if end < 0 else end
        line = raw[start:end]
        if not line.strip():
            return Headers(tuple(fields)), raw[end + 1 :]
        text = line[:_LONGEST].decode("utf-8", "replace")
        name, colon, value = text.partition(":")
        if line[:1] in b" \t" and fields:
            key, before = fields[-1]
            if len(before) < _LONGEST:
                fields[-1] = (key, f"{before} {text.strip()}".strip())
        elif colon and name.strip() and " " not in name.strip():
            if len(fields) < _HEADERS:
                fields.append((name.strip().lower(), value.strip()))
        else:
            return Headers(tuple(fields)), raw[start:]
        start = end + 1
    return Headers(tuple(fields)), b""


def _part(raw: bytes, levels: int) -> Part:
    headers, body = split(raw)
    boundary = headers.parameter("boundary")
    if not headers.first("content-type").lower().startswith("multipart/") or not boundary:
        return Part(headers, body)
    if levels == 0:
        return Part(headers, b"")
    line = re.escape(boundary.encode("utf-8", "replace"))
    pieces = re.split(rb"(?:\A|\n)--" + line + rb"(--)?[ \t]*(?=\n|\Z)", body, maxsplit=_PARTS)
    parts = []
    for closes, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        if closes:
            break
        parts.append(_part(piece.removeprefix(b"\n"), levels - 1))
    return Part(headers, body, tuple(parts))
