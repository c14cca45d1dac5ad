"""Texts as they go over the wire: quoted-printable bodies, RFC 2047 words, folded headers.

A Body is bytes that are already encoded, and Slots for what differs by reader.
Slots stand between soft line breaks, so a value of any length can be put in by joining bytes and no
line grows over 76 characters (RFC 2045, section 6.7). Python's own MIME encoder takes 13 ms for a
digest of 12 events, which is why it is not asked.
"""

import binascii
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup, escape

# Noncharacters: `clean` takes them out of all texts, so only we can write them.
_OPEN, _CLOSE = "\ufffe", "\uffff"
_PIECE = re.compile(f"({_OPEN}#\\d+{_CLOSE})")
_SLOT = re.compile(f"{_OPEN}([#\\w]+){_CLOSE}", re.ASCII)
_WORD_BYTES = 42  # of UTF-8 in one encoded word: 68 characters, so that "Subject: " fits before
_ATOM = re.compile(r"[\w !#$%&'*+/=?^`{|}~.-]*", re.ASCII)
_PLAIN = re.compile(r"[ -~]*", re.ASCII)
_UNESCAPED = re.compile(r"[\w !#$%()*+,./:;=?@^`{|}~-]*", re.ASCII)
_ONE_LINE = re.compile(r"[!-~]*(?: [!-~]+)*")
_FOLD_AT = 76
_DOT = re.compile(rb"^\.(.*)", re.MULTILINE)
_AS_IT_IS = re.compile(r"[\w!#$%()*+,/:;?@^`{|}~-][\w!#$%()*+,./:;?@^`{|}~-]{,74}", re.ASCII)
_SOFT_BREAK = b"=\r\n"
_LINE = 76  # characters in a quoted-printable line, with the "=" of a soft break


@dataclass(frozen=True, slots=True)
class Body:
    """A rendered body, ready but for the values of one reader: between its pieces stand Slots."""

    pieces: tuple[bytes, ...]
    slots: tuple[str, ...]  # by name; one less
    literal: int  # bytes of the decoded text without its Slots

    def size(self, lengths: Mapping[str, int]) -> int:
        """Bytes of the decoded body, with values of these `lengths` in its Slots."""
        return self.literal + sum([lengths[name] for name in self.slots])

    def size_at_most(self, longest: int) -> int:
        """The same with no value longer than that; quickly told."""
        return self.literal + len(self.slots) * longest


@lru_cache(512)  # names, and numbers of pieces
def slot(name: str) -> Markup:
    """What a template writes for a Slot."""
    return Markup(f"{_OPEN}{name}{_CLOSE}")


def outside_pieces(text: str, change: Callable[[str], str]) -> str:
    """`text` with `change` applied to what stands between the Slots of pieces."""
    return "".join(
        part if place % 2 else change(part) for place, part in enumerate(_PIECE.split(text))
    )


def encode(text: str, pieces: Mapping[str, Body]) -> Body:
    """Rendered `text`, encoded, with `pieces` put in where their Slots stand."""
    found: list[bytes] = []
    slots: list[str] = []
    run: list[bytes] = []
    literal = 0

    def add(name: str) -> None:
        found.append(b"".join(run))
        run.clear()
        slots.append(name)

    for place, part in enumerate(_SLOT.split(text)):
        if place % 2 == 0:
            encoded, length = _literal(part)
            run.append(encoded)
            literal += length
        elif part in pieces:
            piece = pieces[part]
            run.append(piece.pieces[0])
            for name, after in zip(piece.slots, piece.pieces[1:], strict=True):
                add(name)
                run.append(after)
            literal += piece.literal
        else:
            add(part)
    return Body((*found, b"".join(run)), tuple(slots), literal)


def filled(body: Body, values: Mapping[str, bytes]) -> list[bytes]:
    """The parts of the body of one reader; `values` are encoded by `quoted_printable`.

    Raises:
        KeyError: the template asks for a value that no reader has.
    """
    parts = [b""] * (2 * len(body.slots) + 1)
    parts[::2] = body.pieces
    parts[1::2] = [values[name] for name in body.slots]
    return parts


def quoted_printable(text: str) -> bytes:
    """`text` in lines of at most 76 characters that end in CRLF.

    Text without a last line end gets a soft one, so that what follows begins a line. No line begins
    with a dot, which SMTP would double (RFC 5321, 4.5.2): to look for one in each mail takes long.
    """
    if not text:
        return b""
    encoded = binascii.b2a_qp(text.encode("utf-8", "replace"), istext=True)
    if not text.endswith("\n"):
        encoded = _with_soft_break(encoded)
    while b"\n." in encoded or encoded.startswith(b"."):
        encoded = _DOT.sub(_without_dot, encoded)
    return encoded.replace(b"\n", b"\r\n")


def _without_dot(line: re.Match[bytes]) -> bytes:
    """The dot of a line that is full already gets a line of its own."""
    return b"=2E" + (b"" if len(line[1]) <= _LINE - len("=2E") else b"=\n") + line[1]


class Written(NamedTuple):
    """A value of one reader, as both bodies take it. `length` is that of the HTML, decoded."""

    text: bytes
    html: bytes
    length: int


@lru_cache(64)  # an empty name is that of many
def written(value: str) -> Written:
    """`value` encoded; most hold nothing that HTML escapes, and many stay as they are."""
    if _AS_IT_IS.fullmatch(value):
        encoded = value.encode() + _SOFT_BREAK
        return Written(encoded, encoded, len(value))
    encoded = quoted_printable(value)
    if _UNESCAPED.fullmatch(value):
        return Written(encoded, encoded, len(value))
    escaped = escape(value)
    html = quoted_printable(escaped) if escaped != value else encoded
    return Written(encoded, html, len(escaped.encode("utf-8", "replace")))


@lru_cache(2048)  # what stands between the Slots is the same in most messages
def _literal(text: str) -> tuple[bytes, int]:
    """`text` encoded, and its length when decoded again, with CRLF line ends."""
    return quoted_printable(text), len(text.encode("utf-8", "replace")) + text.count("\n")


def _with_soft_break(encoded: bytes) -> bytes:
    """`encoded` and a soft break; binascii fills the last line, which then has to be parted."""
    last = len(encoded) - encoded.rfind(b"\n") - 1
    if last > _LINE - 1:
        part = len(encoded) - 6
        while b"=" in encoded[part - 2 : part]:  # not inside of "=C3"
            part -= 1
        encoded = encoded[:part] + b"=\n" + encoded[part:]
    return encoded + b"=\n"


@lru_cache(256)  # subjects and lists are those of many readers
def header(name: str, value: str) -> bytes:
    """A header of one value, encoded where it must be and folded, with its line end."""
    return f"{name}: ".encode() + _folded(encoded_words(value), len(name) + 2) + b"\r\n"


def raw_header(name: str, value: str) -> bytes:
    """A header whose value is ASCII (or UTF-8 by SMTPUTF8) and may only be folded at blanks."""
    return f"{name}: ".encode() + _folded(value, len(name) + 2) + b"\r\n"


def encoded_words(text: str) -> str:
    """`text` as it is when plain ASCII, else as RFC 2047 words separated by blanks."""
    if _PLAIN.fullmatch(text) and "=?" not in text and max(map(len, text.split()), default=0) < 70:
        return text
    words: list[str] = []
    chunk = b""
    for character in text:
        encoded = character.encode("utf-8", "replace")
        if len(chunk) + len(encoded) > _WORD_BYTES:
            words.append(_word(chunk))
            chunk = b""
        chunk += encoded
    return " ".join((*words, _word(chunk)))


def _word(chunk: bytes) -> str:
    return f"=?utf-8?b?{b64encode(chunk).decode()}?="


def mailbox(name: str, address: str) -> str:
    """`Name <address>` as a header value; quoted or encoded as the name needs."""
    if not name:
        return address
    if not _PLAIN.fullmatch(name) or "=?" in name:
        return f"{encoded_words(name)} <{address}>"
    if not _ATOM.fullmatch(name) or "." in name:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{name} <{address}>"


def _folded(value: str, used: int) -> bytes:
    """`value` in lines of 76 where blanks allow it; a fold is a line end before a blank."""
    if used + len(value) <= _FOLD_AT and _ONE_LINE.fullmatch(value):
        return value.encode()
    lines = [""]
    for word in value.split():
        if lines[-1] and used + len(lines[-1]) + 1 + len(word) > _FOLD_AT:
            lines.append(word)
            used = 1
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return "\r\n ".join(lines).encode("utf-8", "replace")
