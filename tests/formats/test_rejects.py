"""Refused records: kept whole, put right by hand, and read again."""

import json
from typing import Any

import pytest
from documents import CAP, JSON_FEED, NEUTRAL, NEWSML, NINJS, RICH, cap, entries, records, rss

from digest.formats import Entry, rejects
from digest.formats.sniff import guess


def kept(document: Any, format: str | None = None) -> bytes:
    """The refused entries of a document as they are written."""
    found = entries(document, format=format) if format else entries(document)
    rows = [(one.place, one.error, one.raw) for one in found if one.error]
    assert rows
    return b"".join(rejects.write(rows, format))


def outcome(found: list[Entry]) -> list[str | None]:
    return [one.error for one in found if one.error]


LONG = "y" * 90_000
REFUSED = [
    {**RICH, "severity": 9, "significance": LONG},
    [{**RICH, "severity": 9}, {**NEUTRAL, "severity": "high"}],
    f'{json.dumps({**NEUTRAL, "severity": 9, "summary": LONG})}\n{{"headline": \n7\n',
    {**NINJS, "pubStatus": "withheld"},
    {**JSON_FEED, "items": [{**JSON_FEED["items"][0], "title": LONG * 2}, 7]},
    cap(status="Exercise"),
    f"<feed xmlns='urn:x'>{cap(status='Exercise')}</feed>",
    NEWSML.replace(
        "<contentMeta>",
        '<itemMeta><pubStatus qcode="stat:withheld"/></itemMeta><contentMeta>',
    ),
    rss(f"<title>{LONG}{LONG}</title><guid>1</guid>", "<guid>2</guid>"),
    rss(
        "<title>Drill</title><guid>3</guid><cap:status>Exercise</cap:status>",
        namespaces=f'xmlns:cap="{CAP}"',
    ),
]


@pytest.mark.parametrize("document", REFUSED, ids=lambda one: str(one)[:30])
def test_what_was_not_put_right_is_refused_again_and_not_a_word_is_lost(document: Any) -> None:
    first = kept(document)
    assert guess(first) == "rejects"
    again = kept(first)
    assert kept(again) == again
    assert len(first.splitlines()) == len(again.splitlines())
    assert len(again) >= len(first) - 200  # reasons may differ, records not


@pytest.mark.parametrize(
    ("document", "wrong", "right"),
    [
        ({**RICH, "severity": 99}, "99", "3"),
        ({**NINJS, "pubStatus": "withheld"}, "withheld", "usable"),
        (cap(status="Exercise"), "Exercise", "Actual"),
        ('{"headline": "Quay reopens", "summary": oops}\n{"summary": 1}', "oops", '\\"Yes.\\"'),
    ],
)
def test_what_was_put_right_is_read(document: Any, wrong: str, right: str) -> None:
    found = entries(kept(document).replace(wrong.encode(), right.encode()))
    assert found[0].error is None
    assert found[0].record
    assert found[0].place in ("line 1", "entry 1")


def test_an_entry_of_a_feed_comes_back_under_its_own_id() -> None:
    item = "<guid>q-1</guid><link>https://www.harbour.example/1</link>"
    dated = f"{item}<pubDate>Thu, 05 Mar 2026 07:00 GMT</pubDate>"
    (line,) = kept(rss(f"{dated}<title></title>")).splitlines()
    row = json.loads(line)
    row["record"]["headline"] = "Quay reopens"
    (mended,) = records(json.dumps(row))
    (plain,) = records(rss(f"{dated}<title>Quay reopens</title>"))
    assert mended == plain


def test_a_format_that_was_forced_is_remembered() -> None:
    odd = {"headline": "Quay reopens", "summary": "It is open.", "severity": 9}
    data = kept(odd, "rich").replace(b"9", b"3")
    (one,) = records(data)
    assert one.extra == {"summary": "It is open."}
    assert "there is no format" in str(outcome(entries(data.replace(b'"rich"', b'"docx"'))))


def test_numbers_and_texts_that_json_would_change_stay_text() -> None:
    for text in ('{"a": NaN}', '{"a": "\\ud800"}', '{"a": ' + "9" * 5_000 + "}", "[1]"):
        (line,) = rejects.write([("line 1", "why", text)])
        assert json.loads(line)["record"] == text
