"""Text as senders write it, made plain: no markup, no stray controls, paragraphs kept apart."""

import html
import re
from collections.abc import Iterable
from itertools import islice

import nh3

from digest.errors import InputError
from digest.render.sentences import each_sentence

MAX_HTML = 200_000  # characters of one text that are read
MAX_ELEMENTS = 400  # in one text; reading it as HTML takes time by the square of their depth
MAX_DEPTH = 60  # of nested JSON values
DERIVED_HEADLINE = 110  # characters of a headline that is cut from the text

_BLANKS = re.compile(r"\s+")
_EMPTY_LINE = re.compile(r"\n[^\S\n]*\n+")
# What is left of texts that were escaped twice; "&lt;" may be meant.
_ESCAPED_AGAIN = re.compile(r"&(?:amp|quot|apos|nbsp|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
# Lone surrogates cannot be encoded; of the control characters only tab and line ends are text.
_UNFIT = re.compile("[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")
_ANY_TAG = re.compile(r"<[^>]*>")
_LINE_BREAK = re.compile(r"<br\s*/?>")
_OPENING = re.compile(r"<[a-zA-Z]")

# Elements that stand on lines of their own. All others are inside a line and leave no trace.
_BLOCKS = frozenset(
    """
    address article aside blockquote caption center dd details div dl dt figcaption figure footer
    form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table td th tr ul
    """.split()  # noqa: SIM905 -- read as a list of words
)
_DROPPED = frozenset(("script", "style", "template", "noscript", "iframe", "object", "svg", "math"))
# For texts with too many elements. All of these go through a text once, whatever is in it.
_SILENT = re.compile(
    rf"<!--.*?(?:-->|\Z)|<({'|'.join(sorted(_DROPPED))})\b[^<>]*+>.*?(?:</\1\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_ROUGH_TAG = re.compile(r"<(?:/?([a-zA-Z][a-zA-Z0-9]{0,20})|[/!?])[^<>]*+(?:>|\Z)")


def clean(text: str) -> str:
    """`text` without characters that no one can send; line ends stay."""
    return _UNFIT.sub("", text) if _UNFIT.search(text) else text


def line(value: object) -> str:
    """`value` on one line, blanks collapsed; "" if it is no text."""
    return _BLANKS.sub(" ", clean(value)).strip() if isinstance(value, str) else ""


def paragraphs(text: object) -> tuple[str, ...]:
    """Plain text as paragraphs: empty lines part them, single line ends are only wrapping."""
    if not isinstance(text, str):
        return ()
    parts = _EMPTY_LINE.split(clean(text).replace("\r\n", "\n").replace("\r", "\n"))
    return _filled(parts)


def decoded(text: str) -> str:
    """`text` with its HTML entities as characters, also where it was escaped twice."""
    once = html.unescape(text)
    return _ESCAPED_AGAIN.sub(lambda entity: html.unescape(entity.group()), once)


def html_paragraphs(markup: object) -> tuple[str, ...]:
    """HTML as paragraphs of plain text; scripts and styles go, entities are decoded."""
    if not isinstance(markup, str):
        return ()
    text = clean(markup[:MAX_HTML])
    apart = _tidily(text) if _few_elements(text) else _roughly(text)
    return _filled(decoded(part) for part in _EMPTY_LINE.split(apart))


def _few_elements(markup: str) -> bool:
    found = _OPENING.finditer(markup)
    return next(islice(found, MAX_ELEMENTS, None), None) is None


def _tidily(markup: str) -> str:
    """HTML without its tags, as a browser would understand it; empty lines part paragraphs."""
    # nh3 writes well-formed HTML with these tags only, so that the simple patterns below do.
    tidy = nh3.clean(
        markup,
        tags=set(_BLOCKS | {"br"}),
        clean_content_tags=set(_DROPPED),
        attributes={},
        link_rel=None,
    )
    flat = _BLANKS.sub(" ", tidy)
    broken = _LINE_BREAK.sub("\n", flat)
    return _ANY_TAG.sub("\n\n", broken)


def _roughly(markup: str) -> str:
    """The same for well-formed HTML, and in a time that only grows with its length."""
    flat = _BLANKS.sub(" ", _SILENT.sub(" ", markup))
    return _ROUGH_TAG.sub(_space_of, flat)


def _space_of(tag: re.Match[str]) -> str:
    name = (tag[1] or "").lower()
    if name in _BLOCKS:
        return "\n\n"
    return "\n" if name == "br" else ""


def any_paragraphs(text: object) -> tuple[str, ...]:
    """Paragraphs of what may be either: HTML if it has a tag in it."""
    if isinstance(text, str) and _TAG.search(text):
        return html_paragraphs(text)
    return paragraphs(decoded(text) if isinstance(text, str) else text)


def any_line(text: object) -> str:
    """One line of what may be HTML or plain text."""
    return " ".join(any_paragraphs(text))


def first_sentence(text: str, length: int = DERIVED_HEADLINE) -> str:
    """The first sentence of `text` as a headline: no full stop, cut at a word with "…" if long."""
    text = line(text)
    text = next(each_sentence(text), text)
    if text.endswith(".") and not text.endswith(".."):
        text = text[:-1]
    if len(text) <= length:
        return text
    head = text[:length]
    space = head.rfind(" ")
    return (head[:space] if space > length // 2 else head).rstrip(" ,;:-–—") + "…"


def tidy(value: object, depth: int = 0) -> object:
    """A JSON value with every text in it clean, and without the numbers JSON does not have.

    Raises:
        InputError: it is nested too deeply.
    """
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None  # NaN compares false as well
    if isinstance(value, (list, dict)):
        if depth > MAX_DEPTH:
            raise InputError(f"it is nested more than {MAX_DEPTH} levels deep")
        if isinstance(value, list):
            return [tidy(item, depth + 1) for item in value]
        return {clean(key): tidy(item, depth + 1) for key, item in value.items()}
    return value


def _filled(parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(part for part in map(line, parts) if part)
