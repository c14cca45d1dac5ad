"""Text and single values, as senders write them."""

from datetime import UTC, datetime

import pytest

from digest.errors import InputError
from digest.formats.text import (
    MAX_ELEMENTS,
    any_line,
    first_sentence,
    html_paragraphs,
    paragraphs,
    tidy,
)
from digest.formats.values import http_url, instant, iptc_category, language, scoped_id


@pytest.mark.parametrize(
    ("markup", "told"),
    [
        ("<p>One <b>bold</b> word.</p><p>Two &amp; three</p>", ("One bold word.", "Two & three")),
        ("a<br>b<br/><br/>c", ("a b", "c")),
        ("<script>x()</script><style>p{}</style>Text", ("Text",)),
        ("<div><h2>Head</h2><ul><li>One<li>Two</ul></div>", ("Head", "One", "Two")),
        ("5 &lt; 6 and &amp;nbsp; twice &amp;amp; more", ("5 < 6 and twice & more",)),
        ("<p onclick='x'>In\n a  line <img src=x></p>", ("In a line",)),
        ("<table><tr><td>1</td><td>2</td></tr></table>", ("1", "2")),
        ("", ()),
    ],
)
def test_html_becomes_paragraphs(markup: str, told: tuple[str, ...]) -> None:
    assert html_paragraphs(markup) == told


def test_plain_text_keeps_its_paragraphs_and_loses_its_wrapping() -> None:
    assert paragraphs("One\nline.\r\n\r\n  Two.\n \n\n") == ("One line.", "Two.")


def test_a_lesser_than_sign_in_plain_text_is_no_markup() -> None:
    assert any_line("if a < b and c > d") == "if a < b and c > d"


@pytest.mark.parametrize(
    ("text", "headline"),
    [
        ("The quay is open. Ferries run.", "The quay is open"),
        (
            "Mr. J. K. Reed of the U.S. Navy spoke. He left.",
            "Mr. J. K. Reed of the U.S. Navy spoke",
        ),
        ("Is it open? Yes.", "Is it open?"),
        ("Open…", "Open…"),
        ("港は開いた。船は出る。", "港は開いた。"),
        ("word " * 40, "word " * 21 + "word…"),
        ("x" * 300, "x" * 110 + "…"),
        ("", ""),
    ],
)
def test_a_headline_is_cut_from_the_first_sentence(text: str, headline: str) -> None:
    assert first_sentence(text) == headline


def test_numbers_that_json_does_not_have_are_dropped() -> None:
    assert tidy([float("nan"), float("inf"), 1.5]) == [None, None, 1.5]


def test_deep_nesting_is_refused() -> None:
    deep: object = "x"
    for _ in range(80):
        deep = [deep]
    with pytest.raises(InputError, match="60 levels"):
        tidy(deep)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-02-17T17:36:36-0500", datetime(2026, 2, 17, 22, 36, 36, tzinfo=UTC)),
        ("20260516T080625Z", datetime(2026, 5, 16, 8, 6, 25, tzinfo=UTC)),
        ("Fri, 31 May 2019 12:17:58 -0700", datetime(2019, 5, 31, 19, 17, 58, tzinfo=UTC)),
        ("2026-03-05", datetime(2026, 3, 5, tzinfo=UTC)),
        ("1969-12-31T23:59:59Z", None),
        ("9999-12-31T23:59:59-10:00", None),
        ("0001-01-01T00:00:00+05:00", None),
        (True, None),
        (1_700_000_000, None),
        ("soon", None),
    ],
)
def test_instants(written: object, read: datetime | None) -> None:
    notes: list[str] = []
    assert instant(written, "date", notes) == read
    assert bool(notes) == (read is None)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/x?y=1&z", True),
        ("HTTP://a.example", True),
        ("javascript:alert(1)", False),
        ("//a.example/x", False),
        ("https://", False),
        ("https://[bad/", False),
        ("https://a.example/a b", False),
        ("ftp://a.example", False),
        ("https://a.example/" + "x" * 2_000, False),
    ],
)
def test_only_web_addresses(url: str, kept: bool) -> None:
    notes: list[str] = []
    assert (http_url(url, notes) is not None) == kept
    assert bool(notes) != kept


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        (("en_US",), "en-US"),
        (("IT-it",), "it-IT"),
        (("zh-hant-tw",), "zh-Hant-TW"),
        (("", None, 7, "de"), "de"),
        (("x",), None),
    ],
)
def test_languages_are_written_in_one_way(written: tuple[object, ...], tag: str | None) -> None:
    assert language(*written) == tag


def test_ids_are_distinct_by_origin() -> None:
    assert scoped_id("17", "a.example") != scoped_id("17", "b.example")
    assert scoped_id("urn:x:17", "a.example") == "urn:x:17"
    assert scoped_id(" ", "a.example") is None
    assert len(scoped_id("x" * 900, "a.example") or "") < 500


def test_iptc_codes_name_our_categories() -> None:
    assert iptc_category("medtop:16000000") == "conflict"
    assert iptc_category("http://x/subref/1.0/11002000") == "politics"
    assert iptc_category("medtop:20000350") is None


@pytest.mark.parametrize(
    "markup",
    [
        "<p>One <b>two</b></p><p>three<br>four<br/><br/>five</p>",
        "a < b &amp; c &lt;d&gt; <i>x</i> </> I <3 you",
        "<!-- <p>x --><div class='a'>hey<script>if (a<b) {}</script> you</div>tail <a href='x",
        "<!DOCTYPE html>x<?php y ?><style>p{}</style><ul><li>a<li>b</ul>",
        "one<SCRIPT>two<b>",
    ],
)
def test_a_text_of_too_many_elements_reads_as_any_other(markup: str) -> None:
    many = "<i></i>" * (MAX_ELEMENTS + 1)
    assert html_paragraphs(f"{many}{markup}") == html_paragraphs(markup)
