"""A lint of MJML templates: what mrml, mail programs or RFCs are known to take badly.

Each rule is a row: what must not be there, and what to write instead. The facts were measured with
mrml 6.0.1 and premailer 3.10.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from digest.errors import ConfigurationError
from digest.render.environment import Templates
from digest.render.sources import Place, Source, load


@dataclass(frozen=True, slots=True)
class Rule:
    pattern: re.Pattern[str]
    message: str


def _rule(pattern: str, message: str) -> Rule:
    return Rule(re.compile(pattern, re.IGNORECASE | re.DOTALL), message)


RULES = (
    _rule(
        r"""\spadding(?:-\w+)?\s*=\s*["'](?:[^"']*\s)?0(?=[\s"'])""",
        "write 0px in padding: a 0 without unit spoils the widths in Outlook",
    ),
    _rule(r"<mj-include\b", "use Jinja's include: mj-include loses the section's width"),
    _rule(
        r"<mj-style\b[^>]*\binline\s*=",
        "leave out inline=: mj-style is inlined anyway, media queries stay",
    ),
    _rule(
        r"<mj-(?:social|carousel|navbar|hero|accordion|html-attributes|font)\b",
        "this element is not compiled as MJML defines it; use mj-text, mj-image or mj-table",
    ),
    _rule(r"<mj-wrapper\b[^>]*\sgap\s*=", "gap is ignored; use padding"),
    _rule(
        r"<mj-(?:raw|text|column|section)[^>]*\sposition\s*=",
        "position= does not compile; leave it",
    ),
    _rule(
        r"<mj-column\b[^>]*\swidth\s*=\s*[\"'][^\"']*\{",
        "a column's width must be fixed: a Jinja value is ignored",
    ),
    _rule(
        r"""<mj-(?!raw\b)[\w-]+(?=\s)(?:[^<>"']|"[^"]*"|'[^']*')*?\s[\w-]+\s*=\s*[^\s"'>{]""",
        "put quotes around attribute values",
    ),
    _rule(
        r"""(?:src|srcset|background(?:-url)?)\s*=\s*["']\s*(?:https?:)?//""",
        "nothing may be loaded from elsewhere: no remote images in our mail",
    ),
    _rule(r"@import\b|@font-face\b|url\(", "nothing may be loaded from elsewhere: no url() in CSS"),
    _rule(r"<script\b|\son\w+\s*=", "no scripts in mail"),
    _rule(r"""href\s*=\s*["']#""", "local anchors do not work in many mail programs"),
    _rule(r"<img\b(?![^>]*\salt\s*=)|<mj-image\b(?![^>]*\salt\s*=)", "an image needs alt"),
)

_MJML = re.compile(r"<mjml\b(?P<attributes>[^>]*)>", re.IGNORECASE)
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_SECTION_LEVEL = re.compile(
    r"</?mj-(?P<name>body|wrapper|section|raw)\b[^>]*?(?P<single>/)?>|(?P<statement>\{%.*?%\})",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class LintFinding:
    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def lint(source: Source) -> list[LintFinding]:
    """All findings in one template, in the order of its lines."""
    findings = [*_broken_rules(source), *_missing_language(source), *_bare_statements(source)]
    return sorted(findings, key=lambda finding: source.places.index(finding.place))


def lint_all(templates: Templates) -> list[LintFinding]:
    """The findings of every .mjml template, those that others extend too.

    A template that can't be put together is a finding of its own.
    """
    findings: list[LintFinding] = []
    for name in templates.environment().list_templates(extensions=["mjml"]):
        try:
            findings += lint(load(templates, name))
        except ConfigurationError as error:
            findings.append(LintFinding(Place(templates.shown(name), 1), str(error)))
    return sorted(set(findings), key=lambda finding: (finding.place, finding.message))


def _broken_rules(source: Source) -> Iterator[LintFinding]:
    text = _JINJA.sub(_hide_tag, source.text)
    for rule in RULES:
        for found in rule.pattern.finditer(text):
            # A match may begin with the blank before the attribute, on the line before.
            start = found.start() + len(found[0]) - len(found[0].lstrip())
            yield LintFinding(source.place(start), rule.message)


def _hide_tag(tag: re.Match[str]) -> str:
    """The tag with nothing in it that a rule could take for markup, as long as before."""
    return "{" + re.sub(r"[^\n]", "x", tag[0][1:-1]) + "}"


def _missing_language(source: Source) -> Iterator[LintFinding]:
    root = _MJML.search(source.text)
    if root and not ("lang=" in root["attributes"] and "dir=" in root["attributes"]):
        yield LintFinding(source.place(root.start()), 'write <mjml lang="..." dir="...">')


def _bare_statements(source: Source) -> Iterator[LintFinding]:
    """Statements between sections: mrml keeps them, the official compiler drops them."""
    open_names: list[str] = []
    for found in _SECTION_LEVEL.finditer(source.text):
        if found["statement"]:
            if open_names and open_names[-1] in ("body", "wrapper"):
                yield LintFinding(
                    source.place(found.start()), f"put {found['statement']} into mj-raw"
                )
        elif found[0].startswith("</"):
            if open_names:
                open_names.pop()
        elif not found["single"]:
            open_names.append(found["name"])


if __name__ == "__main__":  # `./run check`
    sys.exit("\n".join(map(str, lint_all(Templates()))) or 0)
