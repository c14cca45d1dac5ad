"""Texts on the wire decode to what they were, whatever they hold."""

import quopri
from collections.abc import Mapping
from email.header import decode_header, make_header

import pytest
from builders import HOSTILE_TEXTS
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from digest.channels.email.wire import (
    Body,
    encode,
    encoded_words,
    filled,
    header,
    quoted_printable,
    slot,
    written,
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufffe\uffff"))


def whole(body: Body, values: Mapping[str, bytes]) -> bytes:
    return b"".join(filled(body, values))


@given(st.lists(texts, max_size=6), texts)
def test_pieces_join_to_the_same_text(pieces: list[str], value: str) -> None:
    text = str(slot("name")).join(pieces)
    body = whole(encode(text, {}), {"name": quoted_printable(value)})
    assert quopri.decodestring(body).decode().replace("\r\n", "\n") == value.join(pieces)
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert body.isascii()


@given(st.text(st.sampled_from(".a\n"), max_size=240))
def test_no_line_begins_with_a_dot(text: str) -> None:
    encoded = quoted_printable(text)
    lines = encoded.split(b"\r\n")
    assert not any(line.startswith(b".") for line in lines)
    assert all(len(line) <= 76 for line in lines)
    assert quopri.decodestring(encoded).decode().replace("\r\n", "\n") == text


@given(st.text(st.characters(codec="ascii") | st.sampled_from("ab./@"), max_size=90))
def test_values_of_readers_are_written_like_all_texts(value: str) -> None:
    html = str(escape(value))
    found = written(value)
    assert found == (quoted_printable(value), quoted_printable(html), len(html))


def test_fragments_are_put_in_where_they_stand() -> None:
    fragment = encode(f"<p>{slot('tune')}</p>\n", {})
    body = encode(f"a\n{slot('#0')}b\n{slot('#0')}", {"#0": fragment})
    values = {"tune": quoted_printable("x")}
    assert quopri.decodestring(whole(body, values)) == b"a\r\n<p>x</p>\r\nb\r\n<p>x</p>\r\n"
    assert body.size({"tune": 1}) == len(quopri.decodestring(whole(body, values)))


def test_a_reader_cannot_write_a_slot() -> None:
    body = encode("￾nothing here\n", {})
    assert whole(body, {})


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), max_size=200))
def test_headers_decode_to_the_same_words(text: str) -> None:
    line = header("Subject", text).decode()
    assert line.endswith("\r\n")
    assert all(len(part) <= 78 for part in line.split("\r\n"))
    unfolded = line[len("Subject: ") : -2].replace("\r\n ", " ")
    assert str(make_header(decode_header(unfolded))) == text


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_no_text_adds_a_header(text: str) -> None:
    line = header("Subject", text.replace("\r", " ").replace("\n", " "))
    assert all(part.startswith(b" ") for part in line.split(b"\r\n")[1:-1])
    assert line.isascii()


def test_words_that_look_encoded_are_encoded() -> None:
    assert encoded_words("=?utf-8?q?a?=") != "=?utf-8?q?a?="
