"""Template sources put together as text, each line with the file and line it came from.

MJML has to be whole before it is compiled (mrml gives an included section the wrong width), so
`extends`, `block` and `include` are resolved here; all other Jinja tags are left for the recipient.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from digest.errors import ConfigurationError
from digest.render.environment import Templates

_EXTENDS = re.compile(r"""\A\s*\{%-?\s*extends\s+["']([^"']+)["']\s*-?%\}""")
_INCLUDE = re.compile(r"""\{%-?\s*include\s+["']([^"']+)["']\s*-?%\}""")
_BLOCK = re.compile(r"\{%-?\s*(?:block\s+(?P<name>\w+)|(?P<end>endblock)(?:\s+\w+)?)\s*-?%\}")
_DEPTH = 10


class Place(NamedTuple):
    """Where a line was written."""

    file: str  # as `Templates.shown` names it
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


@dataclass(frozen=True, slots=True)
class Source:
    """Text and the Place of each of its lines; slicing and adding keep both together."""

    text: str
    places: tuple[Place, ...]

    @classmethod
    def read(cls, name: str, text: str) -> "Source":
        count = text.count("\n") + 1
        return cls(text, tuple(Place(name, line) for line in range(1, count + 1)))

    def place(self, offset: int) -> Place:
        """The Place of the character at `offset`."""
        return self.places[min(self.text.count("\n", 0, offset), len(self.places) - 1)]

    def cut(self, start: int, end: int | None = None) -> "Source":
        end = len(self.text) if end is None else end
        first = self.text.count("\n", 0, start)
        last = first + self.text.count("\n", start, end)
        return Source(self.text[start:end], self.places[first : last + 1])

    def replaced(self, start: int, end: int, middle: "Source") -> "Source":
        """This Source with `middle` in place of the characters from `start` to `end`."""
        return self.cut(0, start) + middle + self.cut(end)

    def __add__(self, other: "Source") -> "Source":
        # The two meet in one line, which is named after the one that has text in it.
        joint = self.places[-1] if self.text.rpartition("\n")[2].strip() else other.places[0]
        return Source(self.text + other.text, (*self.places[:-1], joint, *other.places[1:]))


def load(templates: Templates, name: str) -> Source:
    """The template `name` with all it extends and includes.

    Raises:
        ConfigurationError: a file is missing, a block has no end, or files include each other.
    """
    return _resolve(templates, name, {}, _DEPTH)


def _resolve(templates: Templates, name: str, given: dict[str, Source], depth: int) -> Source:
    if not depth:
        raise ConfigurationError(f"{templates.shown(name)} includes or extends itself")
    source = Source.read(templates.shown(name), templates.source(name))
    parent = _EXTENDS.match(source.text)
    if parent:
        return _resolve(templates, parent[1], _blocks(source) | given, depth - 1)
    source = _fill(source, given)
    while found := _INCLUDE.search(source.text):
        included = _resolve(templates, found[1], given, depth - 1)
        source = source.replaced(*found.span(), included)
    return source


class _Block(NamedTuple):
    name: str
    outer: tuple[int, int]
    inner: tuple[int, int]


def _find_block(source: Source, start: int = 0) -> _Block | None:
    """The first outermost block from `start`."""
    opening = None
    depth = 0
    for tag in _BLOCK.finditer(source.text, start):
        if tag["name"]:
            opening = opening or tag
            depth += 1
        elif opening:
            depth -= 1
            if depth == 0:
                return _Block(
                    opening["name"], (opening.start(), tag.end()), (opening.end(), tag.start())
                )
    if opening:
        raise ConfigurationError(
            f"{source.place(opening.start())}: block {opening['name']!r} has no endblock"
        )
    return None


def _blocks(source: Source) -> dict[str, Source]:
    """The outermost blocks that a template fills, by name."""
    found = {}
    start = 0
    while block := _find_block(source, start):
        found[block.name] = source.cut(*block.inner)
        start = block.outer[1]
    return found


def _fill(source: Source, given: dict[str, Source]) -> Source:
    """`source` with each block replaced by the one given, else by its own content."""
    start = 0
    while block := _find_block(source, start):
        filling = given.get(block.name) or source.cut(*block.inner)
        source = source.replaced(*block.outer, filling)
        start = block.outer[0]
    return source
