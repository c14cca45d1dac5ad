"""Stored text reaches Slack as it is written: it formats nothing, links nowhere, rings nobody."""

import pytest
from builders import HOSTILE_TEXTS
from hypothesis import given
from hypothesis import strategies as st

from digest.channels.slack.markup import (
    ZERO_WIDTH_SPACE,
    bold,
    escape,
    fit,
    joined,
    link,
    plain,
    struck,
)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("R&D <b> > 5", "R&amp;D &lt;b&gt; &gt; 5"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U123> and <#C1|general>", "&lt;@U123&gt; and &lt;#C1|general&gt;"),
        ("one\nline\tonly", "one line only"),
        ("lone \ud800 surrogate\x07", "lone surrogate"),
        (None, ""),
        (4, "4"),
    ],
)
def test_what_slack_reads_as_markup_is_escaped(text: object, escaped: str) -> None:
    assert escape(text) == escaped


@pytest.mark.parametrize("sign", "*_~`")
def test_a_sign_that_formats_touches_nothing_but_zero_width_spaces(sign: str) -> None:
    escaped = escape(f"{sign}word{sign}")
    assert escaped == f"{ZERO_WIDTH_SPACE}{sign}{ZERO_WIDTH_SPACE}word" + (
        f"{ZERO_WIDTH_SPACE}{sign}{ZERO_WIDTH_SPACE}"
    )
    assert plain(escaped) == f"{sign}word{sign}"


def test_nothing_is_escaped_twice() -> None:
    assert escape(escape("R&D")) == "R&amp;D"
    assert bold(link("https://example.org", "R&D")) == "*<https://example.org|R&amp;D>*"


def test_what_python_makes_of_mrkdwn_is_escaped_again() -> None:
    """A template that glues pieces together shows its mistake, and opens no hole."""
    assert escape(bold("a") + "<!here>").endswith("&lt;!here&gt;")


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
@pytest.mark.parametrize("length", [20, 120, 3000])
def test_text_fits_after_escaping(text: str, length: int) -> None:
    assert len(escape(fit(text, length))) <= length


def test_text_that_fits_is_whole() -> None:
    assert fit("A short line", 12) == "A short line"


def test_text_of_ampersands_keeps_as_many_as_there_is_room_for() -> None:
    assert 15 <= escape(fit("&" * 300, 100)).count("&amp;") <= 20


@given(st.text(max_size=400), st.integers(min_value=10, max_value=120))
def test_any_text_fits_and_opens_no_tag(text: str, length: int) -> None:
    escaped = escape(fit(text, length))
    assert len(escaped) <= length
    assert "<" not in escaped
    assert ">" not in escaped


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.org/?a=1&b=2", "<https://example.org/?a=1&amp;b=2|x>"),
        ("https://example.org/a|b>c", "<https://example.org/a%7Cb%3Ec|x>"),
        ("javascript:alert(1)", "x"),
        ("https://example.org/a b", "x"),
        ("https:///nowhere", "x"),
        ("https://[bad", "x"),
        ("", "x"),
        ("https://example.org/" + "a" * 600, "x"),
    ],
)
def test_a_link_leads_to_a_web_address_or_is_left_out(url: str, linked: str) -> None:
    assert link(url, "x") == linked


def test_empty_parts_leave_no_marks() -> None:
    assert bold("") == struck(" ") == link("https://example.org", "") == ""
    assert joined(["a", "", None, bold("b")]) == "a · *b*"


def test_plain_is_what_a_person_reads() -> None:
    assert plain(f"{bold(link('https://example.org/a_b', 'R&D *now*'))} ok") == "R&D *now* ok"
