"""CSV as spreadsheets write it: unknown encoding and delimiter, and cells that must not be run."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from digest.errors import InputError

DELIMITERS = (",", ";", "\t", "|")
LONGEST_CELL = 100_000  # characters

# A spreadsheet takes a cell that begins like this for a formula and runs it
# (owasp.org/www-community/attacks/CSV_Injection). One that is guarded already is guarded again, so
# that every cell comes back as it was.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_SEP = re.compile(r"\s*\"?sep=(.)\"?\s*(?:\r\n|\r|\n)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One row: the line it begins on, its cells, and why it can't be read, if so."""

    number: int
    cells: tuple[str, ...]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The first row, and the others when they are asked for."""

    header: tuple[str, ...]
    lines: Iterator[Line]
    encoding: str
    delimiter: str


def read(data: bytes, score: Callable[[Sequence[str]], int]) -> Table:
    """The table in `data`. `score` says how many columns of a header it knows: the delimiter with
    the most is taken.

    Raises:
        InputError: it is empty, or its encoding can't be told.
    """
    text, encoding = decode(data)
    named = _SEP.match(text)  # Excel's own first line
    candidates = (named[1],) if named else DELIMITERS
    begin = named.end() if named else 0
    skipped = 1 if named else 0

    def ranked(delimiter: str) -> tuple[int, int]:
        header = next(_lines(text, begin, skipped, delimiter), Line(1, ())).cells
        return score(header), len(header)

    if not text[begin:].strip():
        raise InputError("the file is empty")
    delimiter = max(candidates, key=ranked)
    lines = _lines(text, begin, skipped, delimiter)
    return Table(next(lines, Line(1, ())).cells, lines, encoding, delimiter)


def decode(data: bytes) -> tuple[str, str]:
    """(text, encoding): UTF-8 with or without a mark, UTF-16, else what Windows writes in Europe.

    Raises:
        InputError: it is none of them.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = ["utf-16"]
    elif b"\0" in data[:4]:
        candidates = ["utf-16-be" if data[:1] == b"\0" else "utf-16-le"]
    else:
        candidates = ["utf-8-sig", "cp1252"]
    for encoding in candidates:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise InputError("the encoding can't be told; save the file as CSV UTF-8")


def _lines(text: str, begin: int, skipped: int, delimiter: str) -> Iterator[Line]:
    """Rows that are not blank. A row that can't be read is one with a fault."""
    source = io.StringIO(text, newline="")
    source.seek(begin)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    while True:
        number = reader.line_num + skipped + 1
        try:
            cells = tuple(bare(cell) for cell in next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            yield Line(number, (), _explained(str(error)))
            continue
        if any(map(len, cells)):
            long = any(len(cell) > LONGEST_CELL for cell in cells)
            yield Line(number, cells, "a cell is too long" if long else None)


def _explained(said: str) -> str:
    if "unexpected end" in said:
        return "a quotation mark is left open here; the rows below it can't be read"
    if "limit" in said:
        return "a cell is too long; is a quotation mark left open?"
    return "a quotation mark stands in the middle of a cell"


def write(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """The rows as CSV in UTF-8 with a byte order mark, which spreadsheets need (RFC 4180)."""
    yield b"\xef\xbb\xbf"
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    for row in rows:
        writer.writerow([guarded(cell) for cell in row])
        yield buffer.getvalue().encode("utf-8", "replace")
        buffer.seek(0)
        buffer.truncate()


def guarded(cell: str) -> str:
    """`cell` as text that no spreadsheet takes for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def bare(cell: str) -> str:
    """What `guarded` was given."""
    return cell[1:] if _GUARDED.match(cell) else cell
