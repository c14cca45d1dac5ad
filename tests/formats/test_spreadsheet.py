"""CSV of any spreadsheet: encodings, delimiters, and cells that must not be run."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import InputError
from digest.formats import spreadsheet

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def known(header: tuple[str, ...]) -> int:
    return sum(column.casefold() in ("email", "name") for column in header)


def rows(data: bytes) -> list[tuple[str, ...]]:
    table = spreadsheet.read(data, known)
    return [table.header, *(line.cells for line in table.lines)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_encoding_and_delimiter_are_found(encoding: str, delimiter: str):
    text = delimiter.join(["Email", "Name"]) + "\r\n" + delimiter.join(["jo@x.org", "José"])

    assert rows(text.encode(encoding)) == [("Email", "Name"), ("jo@x.org", "José")]


def test_the_delimiter_is_the_one_under_which_the_header_makes_sense():
    data = b"Email;Name;Notes, comments, remarks, other\r\na@x.org;Ann;yes, no, maybe, so"

    assert rows(data)[1] == ("a@x.org", "Ann", "yes, no, maybe, so")


def test_excel_may_name_the_delimiter_itself():
    table = spreadsheet.read(b"sep=;\r\nEmail;Name\r\na@x.org;Ann\r\n", known)

    assert table.delimiter == ";"
    assert [(line.number, line.cells) for line in table.lines] == [(3, ("a@x.org", "Ann"))]


def test_lines_are_counted_as_an_editor_counts_them():
    table = spreadsheet.read(b'email,name\n\na@x.org,"two\nlines"\n,\nb@x.org,B\n', known)

    assert [line.number for line in table.lines] == [3, 6]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ('a@x.org,"' + "x" * 200_000, "a cell is too long; is a quotation mark left open?"),
        ('a@x.org,"Ann" Lee', "a quotation mark stands in the middle of a cell"),
        ("a@x.org," + "x" * 120_000, "a cell is too long"),
    ],
)
def test_a_row_that_cannot_be_read_never_stops_the_others(row: str, fault: str):
    table = spreadsheet.read(f"email,name\n{row}\nb@x.org,B\n".encode(), known)

    bad, good = table.lines
    assert (bad.number, bad.fault) == (2, fault)
    assert (good.number, good.cells) == (3, ("b@x.org", "B"))


def test_a_quotation_mark_that_is_left_open_takes_its_own_line_and_no_other():
    table = spreadsheet.read(b'email,name\na@x.org,"Ann\nb@x.org,B\n', known)

    bad, good = table.lines
    assert (bad.number, bad.cells) == (2, ("a@x.org", '"Ann'))
    assert bad.fault == "a quotation mark is left open here, or one too many stands here"
    assert (good.number, good.cells) == (3, ("b@x.org", "B"))


def test_a_cell_over_more_lines_than_anybody_means_is_a_mark_left_open():
    text = 'email,name\n"a@x.org,A\n' + "".join(f"p{n}@x.org,P\n" for n in range(5_000)) + '"\n'

    table = spreadsheet.read(text.encode(), known)

    lines = list(table.lines)
    assert [line.number for line in lines if line.fault] == [2, 5_003]
    assert len(lines) == 5_002


def test_rows_within_one_pair_of_marks_are_refused_one_by_one():
    data = b'email,name\na@x.org,"Ann\nb@x.org,Bea\n\nc@x.org,"\nd@x.org,"Two\nlines"\n'

    table = spreadsheet.read(data, known, whole=lambda header: lambda cells: "@" in cells[0])

    *bad, good = table.lines
    assert [(line.number, line.cells) for line in bad] == [
        (2, ("a@x.org", '"Ann')),
        (3, ("b@x.org", "Bea")),
        (5, ("c@x.org", '"')),
    ]
    assert {line.fault for line in bad} == {
        "lines 2 to 5 are within one pair of quotation marks; is one too many?"
    }
    assert (good.number, good.cells) == (6, ("d@x.org", "Two\nlines"))


def test_a_header_that_cannot_be_read_is_refused():
    with pytest.raises(InputError, match="line 1, which names the columns: a quotation mark"):
        spreadsheet.read(b'"email,name\na@x.org,Ann\n', known)


@pytest.mark.parametrize("data", [b"", b" \r\n ", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(data: bytes):
    with pytest.raises(InputError, match="the file is empty"):
        spreadsheet.read(data, known)


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(InputError, match="save the file as CSV UTF-8"):
        spreadsheet.read(b"email\n\x81\x8d\x8f", known)


@pytest.mark.parametrize("cell", ["=1+1", "+44 20", "-5", "@SUM(A1)", "\tx", "'=1", "''-"])
def test_a_cell_that_a_spreadsheet_would_run_is_guarded(cell: str):
    assert spreadsheet.guarded(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["Ann", "'tis", "a=b", "", "5-6"])
def test_any_other_cell_is_left_as_it_is(cell: str):
    assert spreadsheet.guarded(cell) == cell


@settings(max_examples=60, deadline=None)
@given(st.text())
def test_a_guarded_cell_never_begins_like_a_formula_and_comes_back(cell: str):
    guarded = spreadsheet.guarded(cell)

    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert spreadsheet.bare(guarded) == cell


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS.filter(bool)), max_size=5))
def test_what_is_written_is_read(table: list[tuple[str, str]]):
    written = b"".join(spreadsheet.write([("email", "name"), *table]))

    assert rows(written) == [("email", "name"), *table]
