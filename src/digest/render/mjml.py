"""MJML to a Jinja template of inlined HTML: once per template, never per recipient.

mrml takes 0.8 ms and premailer 7 ms for a digest, so both run when the service starts; what is
left for each message is Jinja alone. Parts between `{# fragment NAME(ARGUMENT) #}` and
`{# end fragment #}` become templates of their own, so that what many readers get is rendered once.
"""

import re
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, replace

import jinja2
import lxml.etree
import mjml
import premailer

from digest.errors import ConfigurationError
from digest.render import lint
from digest.render.environment import Templates
from digest.render.mask import Masked, Unmasked, mask, unmask
from digest.render.sources import Place, Source, load

_FRAGMENT = re.compile(
    r"\{#\s*fragment\s+(?P<name>\w+)\((?P<argument>\w+)\)\s*#\}"
    r"(?P<body>.*?)"
    r"\{#\s*end fragment\s*#\}\n?",
    re.DOTALL,
)
_IMPORTS = re.compile(r"(?:\s*\{%-?\s*(?:from|import)\b[^%]*%\}|\s*\{#.*?#\})*\s*\n", re.DOTALL)
_BETWEEN_TAGS = re.compile(r">\n+<")


@dataclass(frozen=True, slots=True)
class Piece:
    """A Jinja template of HTML that knows where each of its lines was written."""

    name: str
    text: str
    places: tuple[Place, ...]
    argument: str = ""  # what a fragment calls its one argument

    def template(self, environment: jinja2.Environment) -> jinja2.Template:
        """This Piece in a language's environment.

        Raises:
            ConfigurationError: it is not a Jinja template; names file and line.
        """
        try:
            code = environment.compile(self.text, self.name, self.filename)
        except jinja2.TemplateSyntaxError as error:
            raise ConfigurationError(f"{self.place(error.lineno)}: {error.message}") from None
        return jinja2.Template.from_code(environment, code, environment.make_globals(None))

    def render(self, template: jinja2.Template, values: Mapping[str, object]) -> str:
        """`template.render(values)`, for the template that `template()` made.

        Raises:
            ConfigurationError: it failed; names file and line as they were written.
        """
        try:
            return template.render(values)
        except Exception as error:
            where = self._where(error)
            raise ConfigurationError(f"{where}: {type(error).__name__}: {error}") from error

    def _where(self, error: Exception) -> str:
        """The innermost line of a template, ours or one that it imports, that led to `error`."""
        where = f"templates/{self.name}"
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename == self.filename:
                where = str(self.place(frame.lineno or 1))
            elif "templates/" in frame.filename:
                name = frame.filename.rpartition("templates/")[2]
                where = str(Place(name, frame.lineno or 1))
        return where

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


def compile_template(templates: Templates, name: str) -> Compiled:
    """The MJML template `name` ("email/digest/body.mjml") as HTML.

    Raises:
        ConfigurationError: the template is wrong; names file and line.
    """
    start = time.process_time()
    source = load(templates, name)
    findings = lint.lint(source)
    if findings:
        raise ConfigurationError(str(findings[0]))
    imports = _IMPORTS.match(source.text)
    head = source.cut(0, imports.end() if imports else 0)
    masked = mask(source.cut(len(head.text)))
    html = _inline(_to_html(masked, source))
    page, fragments = _split(name, unmask(html, masked))
    return Compiled(
        _after(head, page),
        {part: _after(head, piece) for part, piece in fragments.items()},
        time.process_time() - start,
    )


def compile_text(templates: Templates, name: str) -> Compiled:
    """A template of plain text with the same fragments; nothing is compiled but its parts.

    Raises:
        ConfigurationError: the template is wrong; names file and line.
    """
    start = time.process_time()
    source = load(templates, name)
    imports = _IMPORTS.match(source.text)
    head = source.cut(0, imports.end() if imports else 0)
    body = source.cut(len(head.text))
    page, fragments = _split(name, Unmasked(body.text, body.places))
    return Compiled(
        _after(head, page),
        {part: _after(head, piece) for part, piece in fragments.items()},
        time.process_time() - start,
    )


def _after(head: Source, piece: Piece) -> Piece:
    """`piece` with the imports of its template, which each fragment needs too."""
    lines = head.places[: head.text.count("\n")]
    return replace(piece, text=head.text + piece.text, places=lines + piece.places)


def _to_html(masked: Masked, source: Source) -> str:
    try:
        # Without `fonts={}` mrml links to a font service.
        html: str = mjml.mjml2html(masked.text, fonts={})
    except Exception as error:
        raise ConfigurationError(f"{_where(masked, source)}: {error}") from None
    # premailer drops a doctype in lower case, and with it the browser's standards mode.
    return html.replace("<!doctype html>", "<!DOCTYPE html>", 1)


def _where(masked: Masked, source: Source) -> str:
    """The Place of what mrml could not read: it names none itself, an XML parser does."""
    try:
        lxml.etree.fromstring(masked.text, lxml.etree.XMLParser(resolve_entities=False))
    except lxml.etree.XMLSyntaxError as error:
        if error.lineno:
            return str(masked.lines[min(error.lineno, len(masked.lines)) - 1])
    return str(source.places[0])


def _inline(html: str) -> str:
    inlined: str = premailer.Premailer(
        # MJML's own resets are for clients that read <style>: inlined they cost 9 % of the size.
        html.replace(
            '<style type="text/css">', '<style type="text/css" data-premailer="ignore">', 1
        ),
        allow_network=False,
        keep_style_tags=True,
        strip_important=False,
        disable_validation=True,
        disable_basic_attributes=["align", "bgcolor", "height", "valign", "width"],
        cssutils_logging_level=50,
    ).transform()
    return _BETWEEN_TAGS.sub(">\n<", inlined)


def _split(name: str, whole: Unmasked) -> tuple[Piece, dict[str, Piece]]:
    text = whole.text
    fragments: dict[str, Piece] = {}
    page = ""
    places: list[Place] = []
    done = 0

    def lines(begin: int, end: int) -> tuple[Place, ...]:
        first = text.count("\n", 0, begin)
        return whole.places[first : first + text.count("\n", begin, end)]

    for found in _FRAGMENT.finditer(text):
        part = found["name"]
        if part in fragments:
            raise ConfigurationError(f"templates/{name}: fragment {part!r} is there twice")
        # A piece that ends with a line end joins the next without a long line (email.md 2.3).
        begin, end = found.span("body")
        fragments[part] = Piece(
            f"{name}:{part}",
            found["body"].removeprefix("\n"),
            lines(begin, end + 1)[1:],
            found["argument"],
        )
        page += text[done : found.start()]
        places += lines(done, found.start())
        page += f"{{{{ fragment({part!r}, {found['argument']}) }}}}"
        done = found.end()
    page += text[done:]
    places += lines(done, len(text))
    return Piece(name, page, tuple(places)), fragments
