"""CSV as spreadsheets write it: unknown encoding and delimiter, and cells that must not be run."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from digest.errors import InputError
from digest.formats.encodings import Encoding, decode

DELIMITERS = (",", ";", "\t", "|")
LONGEST_CELL = 100_000  # characters
LONGEST_ROW = 100  # lines of one row; a cell that goes on for longer was not meant to

# A spreadsheet takes a cell that begins like this for a formula and runs it
# (owasp.org/www-community/attacks/CSV_Injection). One that is guarded already is guarded again, so
# that every cell comes back as it was.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_SEP = re.compile(r"\s*\"?sep=(.)\"?\s*(?:\r\n|\r|\n)", re.IGNORECASE)

_OPEN = "a quotation mark is left open here, or one too many stands here"

Whole = Callable[[Sequence[str]], bool]
"""Whether the cells of one line look like a row by themselves."""


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
    encoding: Encoding
    delimiter: str


def read(
    data: bytes,
    score: Callable[[Sequence[str]], int],
    *,
    encoding: str | None = None,
    whole: Callable[[Sequence[str]], Whole] | None = None,
) -> Table:
    """The table in `data`. `score` says how many columns of a header it knows: the delimiter with
    the most is taken. `encoding` is the file's, if somebody knows it. `whole` gets the header; what
    it returns tells a row that a stray quotation mark swallowed from a line of a long cell.

    Raises:
        InputError: it is empty, its encoding can't be told, or its first line can't be read.
    """
    text, known = decode(data, encoding)
    named = _SEP.match(text)  # Excel's own first line
    candidates = (named[1],) if named else DELIMITERS
    begin = named.end() if named else 0
    skipped = 1 if named else 0
    if not text[begin:].strip():
        raise InputError("the file is empty")
    physical = list(io.StringIO(text[begin:], newline=""))

    def ranked(delimiter: str) -> tuple[int, int]:
        first = next(_Rows(physical, skipped, delimiter).every(), None)
        cells = first.cells if first is not None and not first.fault else ()
        return score(cells), len(cells)

    rows = _Rows(physical, skipped, max(candidates, key=ranked))
    lines = rows.every()
    first = next(lines, Line(1, ()))
    if first.fault:
        raise InputError(f"line {first.number}, which names the columns: {first.fault}")
    rows.whole = whole(first.cells) if whole else None
    return Table(first.cells, lines, known, rows.delimiter)


@dataclass
class _Rows:
    """Reads rows off `physical`, the lines of the text; `skipped` stand before them.

    A row that can't be read takes its own line with it and no other: reading goes on below.
    """

    physical: Sequence[str]
    skipped: int
    delimiter: str
    whole: Whole | None = None
    limit: int = 0  # the line that a row must have ended before

    def every(self) -> Iterator[Line]:
        """Rows that are not blank. A row that can't be read is one with a fault."""
        at = 0
        while at < len(self.physical):
            # One reader reads on until a row is faulty: a reader for each row would be slow.
            reader = csv.reader(self._within_reach(at), delimiter=self.delimiter, strict=True)
            begin = at
            while True:
                try:
                    self.limit = at + LONGEST_ROW
                    cells = next(reader, None)
                except csv.Error as error:
                    yield self._faulty(at, _explained(str(error)))
                    at += 1
                    break
                if cells is None:
                    return
                end = begin + reader.line_num
                yield from self._row(at, end, tuple(bare(cell) for cell in cells))
                at = end

    def _within_reach(self, begin: int) -> Iterator[str]:
        """The lines from `begin` on, as far as one row may reach."""
        for at in range(begin, len(self.physical)):
            if at >= self.limit:
                return
            yield self.physical[at]

    def _row(self, begin: int, end: int, cells: tuple[str, ...]) -> Iterator[Line]:
        if not any(map(len, cells)):
            return
        if self.whole and any(map(self.whole, map(self._torn, range(begin + 1, end)))):
            why = f"lines {self._number(begin)} to {self._number(end - 1)} are within one pair of"
            for at in range(begin, end):
                if self.physical[at].strip():
                    yield self._faulty(at, f"{why} quotation marks; is one too many?")
            return
        long = any(len(cell) > LONGEST_CELL for cell in cells)
        yield Line(self._number(begin), cells, "a cell is too long" if long else None)

    def _faulty(self, at: int, why: str) -> Line:
        return Line(self._number(at), self._torn(at), why)

    def _torn(self, at: int) -> tuple[str, ...]:
        """The cells of one line as they stand, quotation marks and all."""
        return tuple(self.physical[at].rstrip("\r\n").split(self.delimiter))

    def _number(self, at: int) -> int:
        return at + self.skipped + 1


def _explained(said: str) -> str:
    if "unexpected end" in said:
        return _OPEN
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
