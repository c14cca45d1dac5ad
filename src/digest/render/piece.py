"""Templates in pieces: a page, and fragments of it that many readers share.

What stands between `{# fragment NAME(ARGUMENT) #}` and `{# end fragment #}` becomes a template of
its own; the page has `fragment("NAME", ARGUMENT)` in its place. A fragment of an Item that doesn't
say why its reader gets it is one of `(ARGUMENT without reasons)`: then many more share it.
"""

import re
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass

import jinja2

from digest.errors import ConfigurationError
from digest.render.environment import Templates, innermost, shown
from digest.render.sources import Place, Source, load

_FRAGMENT = re.compile(
    r"\{#\s*fragment\s+(?P<name>\w+)\((?P<argument>\w+)(?P<for_all>\s+without reasons)?\)\s*#\}"
    r"(?P<body>.*?)"
    r"\{#\s*end fragment\s*#\}\n?",
    re.DOTALL,
)
_IMPORT = r"""\{%-?\s*from\s+["'](?P<file>[^"']+)["']\s+import\s+(?P<names>[\w\s,]+?)\s*-?%\}"""
_HEAD = re.compile(rf"(?:\s*{re.sub(r'[?]P<[a-z]+>', '?:', _IMPORT)}|\s*\{{#.*?#\}})*\s*\n", re.S)

Imports = tuple[tuple[str, str], ...]  # (file, macro)


@dataclass(frozen=True, slots=True)
class Piece:
    """A Jinja template that knows where each of its lines was written."""

    name: str
    text: str
    places: tuple[Place, ...]
    argument: str = ""  # what a fragment calls its one argument
    imports: Imports = ()
    for_all: bool = False  # its argument is an Item without reasons

    def template(self, environment: jinja2.Environment) -> jinja2.Template:
        """This Piece in a language's environment, with its imports at hand.

        Jinja would import again at each rendering, which costs more than many pieces themselves.

        Raises:
            ConfigurationError: it is not a Jinja template; names file and line.
        """
        try:
            code = environment.compile(self.text, self.name, self.filename)
            macros = {
                name: getattr(environment.get_template(file).module, name)
                for file, name in self.imports
            }
        except jinja2.TemplateSyntaxError as error:
            ours = error.filename in (None, self.filename)
            place = (
                self.place(error.lineno)
                if ours
                else Place(shown(error.name or "?", environment), error.lineno)
            )
            raise ConfigurationError(f"{place}: {error.message}") from None
        except (AttributeError, jinja2.TemplateNotFound) as error:
            raise ConfigurationError(f"{self.places[0].file}: import of {error}") from None
        return jinja2.Template.from_code(environment, code, {**environment.globals, **macros})

    def render(self, template: jinja2.Template, values: Mapping[str, object]) -> str:
        """`template.render(values)`, for the template that `template()` made.

        Raises:
            ConfigurationError: it failed; names file and line as they were written.
        """
        try:
            return template.render(values)
        except ConfigurationError:
            raise  # of a fragment, which knows its own place
        except Exception as error:
            where = self._where(error, template.environment)
            raise ConfigurationError(f"{where}: {type(error).__name__}: {error}") from error

    def _where(self, error: Exception, environment: jinja2.Environment) -> str:
        """The innermost line of a template, ours or one that it imports, that led to `error`."""
        imported = innermost(error, environment)
        if imported:
            name, line = imported
            return str(Place(shown(name, environment), line))
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if frame.filename == self.filename:
                return str(self.place(frame.lineno or 1))
        return f"templates/{self.name}"

    @property
    def filename(self) -> str:
        """The name under which tracebacks show this template."""
        return f"<compiled {self.name}>"

    def place(self, line: int) -> Place:
        return self.places[max(0, min(line, len(self.places)) - 1)]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled template: the page, and the fragments that it calls by `fragment(name, ...)`."""

    page: Piece
    fragments: dict[str, Piece]
    seconds: float  # of CPU, for `doctor` and the tests


def compile_text(templates: Templates, name: str) -> Compiled:
    """A template of plain text in its pieces.

    Raises:
        ConfigurationError: the template is wrong; names file and line.
    """
    start = time.process_time()
    imports, body = take_imports(load(templates, name))
    page, fragments = split(name, body.text, body.places, imports)
    return Compiled(page, fragments, time.process_time() - start)


def take_imports(source: Source) -> tuple[Imports, Source]:
    """The macros imported at the head of a template, and the rest of it."""
    head = _HEAD.match(source.text)
    end = head.end() if head else 0
    imports = tuple(
        (found["file"], name.strip())
        for found in re.finditer(_IMPORT, source.text[:end])
        for name in found["names"].split(",")
    )
    return imports, source.cut(end)


def split(
    name: str, text: str, places: tuple[Place, ...], imports: Imports
) -> tuple[Piece, dict[str, Piece]]:
    """The page and the fragments of a template's `text`, whose lines come from `places`.

    Raises:
        ConfigurationError: two fragments have one name.
    """
    fragments: dict[str, Piece] = {}
    page = ""
    kept: list[Place] = []
    done = 0

    def lines(begin: int, end: int) -> tuple[Place, ...]:
        first = text.count("\n", 0, begin)
        return places[first : first + text.count("\n", begin, end)]

    for found in _FRAGMENT.finditer(text):
        part, argument = found["name"], found["argument"]
        if part in fragments:
            raise ConfigurationError(f"templates/{name}: fragment {part!r} is there twice")
        begin, end = found.span("body")
        body = found["body"]
        skipped = len(body) - len(body.removeprefix("\n"))
        where = lines(begin + skipped, end) + places[text.count("\n", 0, end) :][:1]
        fragments[part] = Piece(
            f"{name}:{part}", body[skipped:], where, argument, imports, bool(found["for_all"])
        )
        page += text[done : found.start()] + f"{{{{ fragment({part!r}, {argument}) }}}}"
        kept += lines(done, found.start())
        # A line that goes on after the fragment is named after its end.
        done = found.end()
    page += text[done:]
    kept += (*lines(done, len(text)), *places[-1:])
    return Piece(name, page, tuple(kept), "", imports), fragments
