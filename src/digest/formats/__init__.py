"""Documents of many forms as `EventRecord`s. Pure: bytes in, values out, nothing is fetched.

A new form is one module with `read(data)` and one line in `FORMATS`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from digest.errors import InputError
from digest.formats import cap, feed, jsonfeed, neutral, newsml, ninjs, rejects, rich
from digest.formats.entry import Entry, NoEntries, Once
from digest.formats.lint import lint
from digest.formats.sniff import guess
from digest.formats.unpack import unpack

__all__ = ["FORMATS", "Entry", "NoEntries", "lint", "parse"]


Read = Callable[[bytes], Iterator[Entry]]
"""The entries of an unpacked document. InputError: it cannot be read at all."""


def _open(data: bytes, format: str | None) -> Iterator[Entry]:
    read = FORMATS.get(format or guess(data))
    if read is None:
        raise InputError(f"there is no format {format!r}; there are {', '.join(FORMATS)}")
    return read(data)


FORMATS: Final[Mapping[str, Read]] = {
    "rich": rich.read,
    "neutral": neutral.read,
    "feed": feed.read,
    "jsonfeed": jsonfeed.read,
    "cap": cap.read,
    "ninjs": ninjs.read,
    "newsml": newsml.read,
    "rejects": lambda data: rejects.read(data, _open),
}


def parse(
    data: bytes, *, name: str = "", format: str | None = None, now: datetime
) -> Iterator[Entry]:
    """The entries of a document, gzipped or not, with the warnings of `lint` at `now`.

    `name` stands in front of messages; `format` is a key of FORMATS and guessed without it. The
    document is opened on the first `next()`.

    Raises:
        NoEntries: it can be read, but is empty.
        InputError: it cannot be read; `str(error)` is one line.
    """
    try:
        found = False
        told: set[str] = set()
        for entry in _open(unpack(data), format):
            found = True
            yield _linted(entry, now, told)
        if not found:
            raise NoEntries("it has no entries")
    except InputError as error:
        raise type(error)(error.message, place=name or error.place) from None


def _linted(entry: Entry, now: datetime, told: set[str]) -> Entry:
    """The entry with all its warnings, but for those that were `told` before and are to be once."""
    if entry.record is None:
        return entry
    new = tuple(one for one in entry.warnings if one not in told)
    told.update(one for one in new if isinstance(one, Once))
    return replace(entry, warnings=(*new, *lint(entry.record, now=now)))
