"""MJML to a Jinja template of inlined HTML: once per template, never per recipient.

mrml takes 0.8 ms and premailer 7 ms for a digest, so both run when the service starts; what is
left for each message is Jinja alone.
"""

import re
import time

import lxml.etree
import mjml
import premailer

from digest.errors import ConfigurationError
from digest.render import lint
from digest.render.environment import Templates
from digest.render.mask import Masked, mask, unmask
from digest.render.piece import Compiled, split, take_imports
from digest.render.sources import Source, load

_BETWEEN_TAGS = re.compile(r">\n+<")
_POSITION = re.compile(r"position (\d+):\d+")


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
    imports, body = take_imports(source)
    masked = mask(body)
    whole = unmask(_inline(_to_html(masked, source)), masked)
    page, fragments = split(name, whole.text, whole.places, imports)
    return Compiled(page, fragments, time.process_time() - start)


def _to_html(masked: Masked, source: Source) -> str:
    try:
        # Without `fonts={}` mrml links to a font service.
        html: str = mjml.mjml2html(masked.text, fonts={})
    except Exception as error:
        raise ConfigurationError(f"{_where(masked, source, error)}: {error}") from None
    # premailer drops a doctype in lower case, and with it the browser's standards mode.
    html = html.replace("<!doctype html>", "<!DOCTYPE html>", 1)
    # A mail opened by itself needs a main landmark; its headings make it an article all the same.
    return html.replace('role="article"', 'role="main"', 1)


def _where(masked: Masked, source: Source, error: Exception) -> str:
    """The Place of what mrml could not read: at the byte that it names, else as XML sees it."""
    if found := _POSITION.search(str(error)):
        before = masked.text.encode()[: int(found[1])]
        return str(masked.lines[before.count(b"\n")])
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
