"""Telegram's HTML, read as Telegram reads it: what is accepted, what is refused and in which words.

The Bot API's HTML mode is no HTML: eleven kinds of tag, four named references, no comments, and
one wrong character refuses the whole message. The rules and the wording of the refusals are
those of TDLib, which the real server runs; `tests/standins/test_telegram_html.py` holds this
reader against TDLib itself.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

ENTITY_TYPES = {
    "b": "bold", "strong": "bold",
    "i": "italic", "em": "italic",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough",
    "u": "underline", "ins": "underline",
    "tg-spoiler": "spoiler", "span": "spoiler",
    "pre": "pre", "code": "code", "blockquote": "blockquote",
}  # fmt: skip
TAGS = frozenset((*ENTITY_TYPES, "a", "tg-emoji", "tg-time"))
LINK_SCHEMES = frozenset(("http", "https", "ton", "tg", "tonsite", "mailto", "tel"))

_SPACES = frozenset(" \t\r\n\v\0")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#[xX](?P<hex>[0-9a-fA-F]+)|#(?P<dec>[0-9]+)|(?P<name>[a-zA-Z]+));?")
_DATE_FORMAT = re.compile(r"r|w?[dD]?[tT]?", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")


class Refused(Exception):
    """The text can't be parsed; `str(error)` is what the Bot API would say."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A marked part of the text. `offset` and `length` are in UTF-16 units, as the API gives."""

    type: str
    offset: int
    length: int
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Parsed:
    text: str
    entities: tuple[Entity, ...]


@dataclass(slots=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    offset: int  # in UTF-16 units
    start: int  # in `_Reader.out`


def parse(html: str) -> Parsed:
    """The visible text of `html` and its entities.

    Raises:
        Refused: as the Bot API refuses, with the same words and byte offset.
    """
    return _Reader(html).read()


class _Reader:
    """One pass over the text. `at` is the place reached; `peek` gives NUL past the end."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.at = 0
        self.out: list[str] = []
        self.offset = 0
        self.open: list[_Open] = []
        self.entities: list[Entity] = []

    def read(self) -> Parsed:
        while self.at < len(self.html):
            if self.html.startswith("</", self.at):
                self._end_tag()
            elif self.html[self.at] == "<":
                self._start_tag()
            else:
                self._put(self._character())
        if self.open:
            raise Refused(f'Can\'t find end tag corresponding to start tag "{self.open[-1].tag}"')
        text = "".join(self.out)
        if _SURROGATE.search(text):
            raise Refused(
                "Text contains invalid Unicode characters after decoding HTML entities,"
                " check for unmatched surrogate code units"
            )
        ordered = sorted(self.entities, key=lambda entity: (entity.offset, -entity.length))
        return Parsed(text, tuple(ordered))

    def _start_tag(self) -> None:
        begin = self.at
        self.at += 1
        name = _lower(self._until(_SPACES | {">"}))
        if self._peek() == "\0":
            raise Refused(f"Unclosed start tag at byte offset {self._bytes(begin)}")
        if name not in TAGS:
            raise Refused(f'Unsupported start tag "{name}" at byte offset {self._bytes(begin)}')
        attributes: dict[str, str] = {}
        while self._peek() != ">":
            self._skip_spaces()
            if self._peek() == ">":
                break
            self._attribute(name, begin, attributes)
        self.at += 1
        if name == "span" and attributes.get("class") != "tg-spoiler":
            raise Refused(
                f'Tag "span" must have class "tg-spoiler" at byte offset {self._bytes(begin)}'
            )
        self.open.append(_Open(name, attributes, self.offset, len(self.out)))

    def _attribute(self, tag: str, begin: int, attributes: dict[str, str]) -> None:
        name = _lower(self._until(_SPACES | set("=>/\"'")))
        if not name:
            raise Refused(
                f'Empty attribute name in the tag "{tag}" at byte offset {self._bytes(begin)}'
            )
        self._skip_spaces()
        if self._peek() == "\0":
            raise Refused(f'Unclosed start tag "{tag}" at byte offset {self._bytes(begin)}')
        value = ""
        if self._peek() == "=":
            self.at += 1
            self._skip_spaces()
            if self._peek() == "\0":
                raise Refused(f'Unclosed start tag "{tag}" at byte offset {self._bytes(begin)}')
            value = self._value()
            if self._peek() == "\0":
                raise Refused(f"Unclosed start tag at byte offset {self._bytes(begin)}")
        if name != "class" or value.startswith(("tg-", "language-")):
            attributes[name] = value

    def _value(self) -> str:
        quote = self._peek()
        if quote not in "\"'":
            begin = self.at
            match = re.compile(r"[0-9A-Za-z.-]*").match(self.html, self.at)
            self.at = match.end() if match else self.at
            if self._peek() not in _SPACES | {">"}:
                raise Refused(f"Unexpected end of name token at byte offset {self._bytes(begin)}")
            return _lower(self.html[begin : self.at])
        self.at += 1
        value = []
        while self._peek() not in ("\0", quote):
            value.append(self._character())
        self.at += self._peek() == quote
        return "".join(value)

    def _end_tag(self) -> None:
        begin = self.at
        if not self.open:
            raise Refused(f"Unexpected end tag at byte offset {self._bytes(begin)}")
        self.at += 2
        name = _lower(self._until(_SPACES | {">"}))
        self._skip_spaces()
        if self._peek() != ">":
            raise Refused(f"Unclosed end tag at byte offset {self._bytes(begin)}")
        self.at += 1
        tag = self.open.pop()
        if name not in ("", tag.tag):
            raise Refused(
                f"Unmatched end tag at byte offset {self._bytes(begin)},"
                f' expected "</{tag.tag}>", found "</{name}>"'
            )
        length = self.offset - tag.offset
        if length:
            self._mark(tag, length)

    def _mark(self, tag: _Open, length: int) -> None:
        """Notes what the closed `tag` means for the text in it."""
        given = tag.attributes
        if tag.tag == "a":
            url = given.get("href") or "".join(self.out[tag.start :])
            if is_link(url):
                self.entities.append(Entity("text_link", tag.offset, length, url))
        elif tag.tag == "tg-emoji":
            if not _is_emoji_id(given.get("emoji-id", "")):
                raise Refused("Invalid custom emoji identifier specified")
            self.entities.append(Entity("custom_emoji", tag.offset, length))
        elif tag.tag == "tg-time":
            if not _DATE_FORMAT.fullmatch(given.get("format", "")):
                raise Refused("Invalid date format used")
            if re.match(r"[1-9]|0+[1-9]", given.get("unix", "")):
                self.entities.append(Entity("date_time", tag.offset, length))
        else:
            kind = ENTITY_TYPES[tag.tag]
            expandable = "expandable_" if kind == "blockquote" and "expandable" in given else ""
            self.entities.append(Entity(expandable + kind, tag.offset, length))

    def _character(self) -> str:
        """The next character of running text or of a value, its reference decoded."""
        if self.html[self.at] == "&" and (match := _REFERENCE.match(self.html, self.at)):
            decoded = _decode(match)
            if decoded is not None:
                self.at = match.end()
                return decoded
        self.at += 1
        return self.html[self.at - 1]

    def _put(self, character: str) -> None:
        self.out.append(character)
        self.offset += 2 if character > "\uffff" else 1

    def _peek(self) -> str:
        return self.html[self.at] if self.at < len(self.html) else "\0"

    def _until(self, stops: frozenset[str] | set[str]) -> str:
        begin = self.at
        while self._peek() not in stops:
            self.at += 1
        return self.html[begin : self.at]

    def _skip_spaces(self) -> None:
        while self.at < len(self.html) and self._peek() in _SPACES - {"\0"}:
            self.at += 1

    def _bytes(self, place: int) -> int:
        return len(self.html[:place].encode("utf-8", "surrogatepass"))


def _decode(match: re.Match[str]) -> str | None:
    if match["name"]:
        return _NAMED.get(match["name"])
    digits = match["hex"] or match["dec"]
    code = int(digits, 16 if match["hex"] else 10)
    written = match.end() - match.start() - match[0].endswith(";")
    # TDLib gives up on long references, on NUL and beyond Unicode's last plane.
    return chr(code) if 0 < code < 0x10FFFF and written < 10 else None


def is_link(url: str) -> bool:
    """Whether Telegram makes `url` a link; if not, its text is silently shown as plain text."""
    try:
        parts = urlsplit(url if "://" in url or ":" in url.split(".")[0] else f"http://{url}")
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme.lower() not in LINK_SCHEMES:
        return False
    return "." in host.strip(".") if parts.scheme.lower() in ("http", "https") else True


def _is_emoji_id(text: str) -> bool:
    return bool(re.fullmatch(r"-?[0-9]+", text)) and text != "0" and abs(int(text)) < 2**63


def _lower(text: str) -> str:
    """Lower case of A to Z alone, as TDLib's bytes know it."""
    return re.sub("[A-Z]+", lambda match: match[0].lower(), text)
