"""JSON documents as entries: one object, a list of objects, or JSON lines."""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from digest.errors import InputError
from digest.formats.encodings import wide_unicode
from digest.formats.entry import Entry, Notes, attempt, refused
from digest.formats.text import clean, tidy
from digest.models.record import EventRecord

_ANOTHER = re.compile(rb"[\r\n]\{")
_PLAIN = {
    "Expecting value": "a value is missing or not in quotes",
    "Expecting property name": "a key in double quotes is missing, or a comma is too many,",
    "Expecting ':'": "a colon is missing",
    "Expecting ','": "a comma or closing bracket is missing",
    "Unterminated string": "there is no closing quote for the text",
    "Extra data": "something stands behind the end of the object",
    "Invalid control character": "there is a line break or tab within a text",
    "Invalid \\": "a backslash is not written as two",
}
"""What the parser complains of, in plain words, by how its message begins."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One object of a document, or why it is none."""

    place: str
    value: dict[str, Any]
    raw: object
    error: str | None = None


def load(data: bytes | str) -> Any:
    """The value of a JSON document, its texts clean.

    Raises:
        InputError: it is not JSON.
    """
    try:
        return tidy(json.loads(data, parse_constant=lambda _: None))
    except UnicodeDecodeError as error:
        raise InputError(f"it is not text in {error.encoding.upper()}") from None
    except json.JSONDecodeError as error:
        plain = (words for said, words in _PLAIN.items() if error.msg.startswith(said))
        what = next(plain, error.msg.removesuffix(" at"))
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"it is not JSON: {what} at {where}") from None
    except RecursionError:
        raise InputError("it is nested too deeply") from None
    except ValueError:  # a number of thousands of digits
        raise InputError("it holds a number that is too long") from None


def pieces(data: bytes) -> Iterator[Piece]:
    """The objects of a document, each with its place; what is no object says so.

    Raises:
        InputError: nothing of it is JSON.
    """
    if is_lines(data):
        yield from _of_lines(data)
        return
    document = load(data)
    values = document if isinstance(document, list) else [document]
    for number, value in enumerate(values, 1):
        yield _piece(f"entry {number}", value, value)


def read_pieces(
    data: bytes, record: Callable[[dict[str, Any], Notes], EventRecord]
) -> Iterator[Entry]:
    """An Entry for each object of a document, as `record` reads it.

    Raises:
        InputError: nothing of it is JSON.
    """
    for piece in pieces(data):
        if piece.error:
            yield refused(piece.place, piece.raw, piece.error)
        else:
            yield attempt(piece.place, piece.raw, partial(record, piece.value))


def is_lines(data: bytes) -> bool:
    """Whether these are JSON lines: the first line that is not empty is an object by itself, or was
    to be one, and it is not the last."""
    found = 0
    for text in lines(data):
        if not text.strip():
            continue
        found += 1
        if found == 2:
            return True
        if not text.strip().startswith(b"{"):
            return False
        try:
            load(text)
        except InputError:
            # Either the start of a document over several lines, or one broken line of many.
            another = _ANOTHER.search(_utf8(data)) is not None
            return another and (text.rstrip().endswith(b"}") or not _is_json(data))
    return False


def _is_json(data: bytes) -> bool:
    try:
        load(data)
    except InputError:
        return False
    return True


def lines(data: bytes) -> Iterator[bytes]:
    """The lines of a document, in UTF-8 whatever it came in, however they end.

    Raises:
        InputError: it begins like UTF-16 or UTF-32, and is damaged.
    """
    # JSON escapes a line end within a text, so that each of these ends a line.
    yield from _utf8(data).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")


def _utf8(data: bytes) -> bytes:
    """Wide forms of Unicode as UTF-8; what is UTF-8 already, damaged or not, as it is."""
    wide = wide_unicode(data)
    if wide is None:
        return data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode(wide).removeprefix("\ufeff").encode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise InputError(f"it can't be read as {wide.upper()}; is the file damaged?") from None


def _of_lines(data: bytes) -> Iterator[Piece]:
    for number, text in enumerate(lines(data), 1):
        if not text.strip():
            continue
        place = f"line {number}"
        try:
            yield _piece(place, load(text), text)
        except InputError as error:
            why = str(error).replace("at line 1, column", "at column")  # of this line
            yield Piece(place, {}, clean(text.decode("utf-8", "replace")), why)


def _piece(place: str, value: Any, raw: object) -> Piece:
    if isinstance(value, dict):
        return Piece(place, value, raw)
    return Piece(place, {}, raw, "it is not an object with fields")
