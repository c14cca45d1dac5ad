"""Refused records in a file, with place and reason, to be put right and imported as it is.

JSON lines: {"place": "line 2", "reason": "...", "record": {...}}. `record` is an object where it
was one, else the text of a document; `format` is there if the reading was told which it is in.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from digest.errors import InputError
from digest.formats.entry import Entry, refused
from digest.formats.json_text import Piece, pieces

MARKS = frozenset(("place", "reason", "record"))
"""Keys that such a line has, all of them."""

Open = Callable[[bytes, str | None], Iterator[Entry]]
"""The entries of a document in a format, or in the one that is guessed."""


def write(rows: Iterable[tuple[str, str, str]], format: str | None = None) -> Iterator[bytes]:
    """Lines of (place, reason, record as text); `format` is what the reading was told."""
    told = {"format": format} if format else {}
    for place, reason, text in rows:
        row = {"place": place, "reason": reason, **told, "record": _easy(text)}
        yield json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


def read(data: bytes, open_: Open) -> Iterator[Entry]:
    """The entries of all records, each with the place where it stands now.

    Raises:
        InputError: it is not JSON.
    """
    for piece in pieces(data):
        if piece.error:
            yield refused(piece.place, piece.raw, piece.error)
        else:
            yield from _entries(piece, open_)


def _entries(piece: Piece, open_: Open) -> Iterator[Entry]:
    record, format = piece.value.get("record"), piece.value.get("format")
    text = record if isinstance(record, str) else json.dumps(record, ensure_ascii=False)
    try:
        for entry in open_(
            text.encode("utf-8", "replace"), format if format != "rejects" else None
        ):
            yield Entry(piece.place, entry.record, entry.error, entry.raw, entry.warnings)
    except InputError as error:
        yield refused(piece.place, text, str(error))


def _easy(text: str) -> Any:
    """The text as a value that is easily edited, if it is JSON and nothing of it gets lost."""
    if not text.lstrip().startswith("{"):
        return text
    try:
        value = json.loads(text, parse_constant=_refuse)
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return text
    return value


def _refuse(constant: str) -> None:
    raise ValueError(constant)
