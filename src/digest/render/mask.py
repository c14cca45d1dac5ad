"""Jinja tags hidden behind plain tokens while MJML and CSS tools work on a template.

mrml and premailer escape, reorder or refuse what stands in Jinja tags. A token such as "zj12jz"
is a plain word to both (lower case: premailer lowers property names), and a statement in text
becomes a comment, which both keep in place, in tables too.
"""

import re
from dataclasses import dataclass

from digest.errors import ConfigurationError
from digest.render.sources import Place, Source

_SCAN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<!--|-->|[<>\"']", re.DOTALL)
_MARKER = re.compile(r"\{#\s*(?:end )?fragment\b")
_TOKEN = re.compile(r"<!--\s*zj(\d+)jz\s*-->|zj(\d+)jz")


@dataclass(frozen=True, slots=True)
class Masked:
    """Text with tokens for tags: the tag of token "zj3jz" is `tags[3]`, from `places[3]`.

    `lines[n]` is the Place of the text's line n+1.
    """

    text: str
    tags: tuple[str, ...]
    places: tuple[Place, ...]
    lines: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Unmasked:
    """A Jinja template in which each line starts inside one tag at the most.

    `places[n]` is where the tag that begins in line n+1 was written.
    """

    text: str
    places: tuple[Place, ...]


def mask(source: Source) -> Masked:
    """`source` with a token for each Jinja tag.

    Raises:
        ConfigurationError: a statement stands between attributes, where no token can stand for it.
    """
    tags: list[str] = []
    places: list[Place] = []
    out: list[str] = []
    lines = [source.places[0]]
    line = done = 0

    def add(text: str) -> None:
        nonlocal line
        out.append(text)
        lines.extend(source.places[line + 1 : line + 1 + text.count("\n")])
        line += text.count("\n")

    inside: str | None = None  # None: text; "<": in a tag; a quote: in an attribute; "!": comment
    for found in _SCAN.finditer(source.text):
        piece = found[0]
        if piece[:2] not in ("{{", "{%", "{#"):
            inside = _next_state(inside, piece)
            continue
        place = source.place(found.start())
        if inside == "<" and not piece.startswith("{{"):
            raise ConfigurationError(f"{place}: {piece} stands between attributes")
        add(source.text[done : found.start()])
        done = found.end()
        line += piece.count("\n")
        if piece.startswith("{#") and not _MARKER.match(piece):
            continue  # a comment for who reads the source
        token = f"zj{len(tags)}jz"
        add(token if piece.startswith("{{") or inside else f"<!--{token}-->")
        tags.append(piece)
        places.append(place)
    add(source.text[done:])
    return Masked("".join(out), tuple(tags), tuple(places), tuple(lines))


def _next_state(inside: str | None, piece: str) -> str | None:
    if inside is None:
        return {"<": "<", "<!--": "!"}.get(piece)
    if inside == "!":
        return None if piece == "-->" else "!"
    if inside == "<":
        return None if piece in (">", "-->") else piece if piece in "\"'" else "<"
    return "<" if piece == inside else inside


def unmask(text: str, masked: Masked) -> Unmasked:
    """`text` with its tags back, each on a line of its own so that errors can name its Place.

    The line end goes inside the tag, where Jinja does not care.

    Raises:
        ConfigurationError: a tag was lost or a statement doubled on the way.
    """
    seen = [0] * len(masked.tags)
    out: list[str] = []
    places: list[Place] = []
    place = masked.places[0] if masked.places else Place("?", 1)
    done = 0

    def add(piece: str, place: Place) -> None:
        out.append(piece)
        places.extend([place] * piece.count("\n"))

    for found in _TOKEN.finditer(text):
        number = int(found[1] or found[2])
        tag = masked.tags[number]
        seen[number] += 1
        head = 3 if tag[2] in "-+" else 2
        add(text[done : found.start()] + tag[:head] + "\n", place)
        place = masked.places[number]
        add(tag[head:], place)
        done = found.end()
    add(text[done:] + "\n", place)
    for number, count in enumerate(seen):
        statement = not masked.tags[number].startswith("{{")
        if count == 0 or (statement and count > 1):
            what = "doubled" if count else "lost"
            raise ConfigurationError(
                f"{masked.places[number]}: {masked.tags[number]} was {what} by the MJML compiler;"
                " put statements between sections into mj-raw"
            )
    return Unmasked("".join(out), tuple(places))
