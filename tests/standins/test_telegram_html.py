"""The stand-in's reader of Telegram's HTML, held against TDLib, which the real server runs."""

import random

import pytest
import tdlib

from digest.standins.telegram_html import Entity, Refused, is_link, parse

# Pieces that meet each other in every order; NUL is left out, since it ends TDLib's strings.
PIECES = (
    *("<b>", "</b>", "<i>", "</i>", "<B>", "</B>", "</u >", "<u>", "<s x=1>", "</s>", "</>"),
    *('<a href="http://x.com">', "</a>", "<", "</", ">", "&", "&lt;", "&amp", "&#", "&#65", "&#x"),
    *("41;", "&quot;", "&nbsp;", "&apos;", "x", "é", "😀", " ", "=", "'", '"', "/", "b", "a"),
    *('<span class="tg-spoiler">', "</span>", "<p>", "<blockquote expandable>", "</blockquote>"),
    *("<pre>", "</pre>", "<code class='language-x'>", "</code>", "<tg-emoji emoji-id='5'>"),
    *("</tg-emoji>", "<tg-time unix='12' format='dT'>", "</tg-time>", "href", "class", "span"),
    *("\n", "\t", "-", ".", "1", "expandable", "&#55357;", "&#x1F600;", "A", "\v", "\f", "<!--"),
    *("tg-spoiler", "\u2068", "ع", "&#1114111;", "&#x0000041;"),
)
BALANCED = ("b", "i", "u", "s", "code", "pre", "blockquote", "tg-spoiler")


def random_html(source: random.Random) -> str:
    text = "".join(source.choices(PIECES, k=source.choice((2, 4, 8, 15, 30))))
    if source.random() < 0.5:
        tag = source.choice(BALANCED)
        text = f"<{tag}>{text.replace('<', '&lt;')}</{tag}>{text}"
    return text


def ours(html: str) -> str:
    try:
        return parse(html).text
    except Refused as refusal:
        return f"Can't parse entities: {refusal}"


def theirs(html: str) -> str:
    try:
        return tdlib.parse(html)[0]
    except tdlib.Refusal as refusal:
        return str(refusal)


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_tdlib_on_text_and_on_the_words_of_a_refusal(seed: int) -> None:
    source = random.Random(seed)
    texts = [random_html(source) for _ in range(1_000)]
    assert [ours(text) for text in texts] == [theirs(text) for text in texts]
    assert sum(ours(text).startswith("Can't parse") for text in texts) in range(100, 950)


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>", 'Unsupported start tag "p" at byte offset 0'),
        ("é<br>", 'Unsupported start tag "br" at byte offset 2'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("a < b > c", 'Unsupported start tag "" at byte offset 2'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
    ],
)
def test_refuses_in_telegrams_words(html: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        parse(html)
    assert str(refused.value) == words


def test_entities_count_in_utf16_units() -> None:
    parsed = parse('😀 <b>bold</b> <a href="https://example.org/?a=1&amp;b=2">link</a>')
    assert parsed.text == "😀 bold link"
    assert parsed.entities == (
        Entity("bold", 3, 4),
        Entity("text_link", 8, 4, "https://example.org/?a=1&b=2"),
    )


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://example.org/x", True),
        ("http://127.0.0.1:8000/", True),
        ("http://localhost:8000/", False),
        ("ftp://example.org/", False),
        ("javascript:alert(1)", False),
    ],
)
def test_knows_which_addresses_telegram_makes_links(url: str, link: bool) -> None:
    assert is_link(url) is link
    shown = tdlib.parse(f'<a href="{url}">x</a>')[1]
    assert bool(shown) is link
