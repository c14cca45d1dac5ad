"""The lint finds each thing that is known to break, and nothing in our own templates."""

import runpy
from collections.abc import Sequence
from pathlib import Path

import pytest

from digest.render import environment
from digest.render.environment import Templates
from digest.render.lint import LintFinding, lint, lint_all
from digest.render.sources import Source


def findings(body: str, root: str = '<mjml lang="en" dir="ltr">') -> Sequence[LintFinding]:
    return lint(Source.read("t.mjml", f"{root}\n<mj-body>\n{body}\n</mj-body></mjml>"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('<mj-text padding="0 24px">a</mj-text>', "0px"),
        ('<mj-text padding="10px 0">a</mj-text>', "0px"),
        ("<mj-section padding-top='0'></mj-section>", "0px"),
        ('<mj-include path="x.mjml" />', "Jinja's include"),
        ('<mj-style inline="inline">a{}</mj-style>', "inline="),
        ("<mj-hero></mj-hero>", "not compiled as MJML defines it"),
        ('<mj-column width="{{ w }}"></mj-column>', "fixed"),
        ("<mj-text align=left>a</mj-text>", "quotes"),
        ('<mj-image alt="a" src="https://example.org/a.png" />', "no remote images"),
        ("<mj-style>a { background: url(x.png) }</mj-style>", "url()"),
        ('<mj-text><a href="#e1">a</a></mj-text>', "local anchors"),
        ('<mj-text><img src="cid:a"></mj-text>', "needs alt"),
        ("<mj-text><script>1</script></mj-text>", "no scripts"),
        ("{% if x %}<mj-section></mj-section>{% endif %}", "mj-raw"),
    ],
)
def test_finds(body: str, words: str) -> None:
    found = findings(body)
    assert [f for f in found if words in f.message and f.place.line == 3], found


@pytest.mark.parametrize(
    "body",
    [
        '<mj-text padding="0px 20px 10px">0 of 1 < 2</mj-text>',
        "<mj-raw>{% if a < b %}</mj-raw><mj-section></mj-section><mj-raw>{% endif %}</mj-raw>",
        '<mj-text align="{{ start }}" css-class="a">a</mj-text>',
        '<mj-text><a href="{{ url }}">{{ "x=1" }}</a></mj-text>',
    ],
)
def test_leaves_what_is_right(body: str) -> None:
    assert findings(body) == []


def test_asks_for_language_and_direction() -> None:
    assert "lang=" in findings("", root="<mjml>")[0].message


def test_our_own_templates_are_clean() -> None:
    assert lint_all(Templates()) == []


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
def test_a_finding_ends_the_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "email" / "broken.mjml"
    broken.parent.mkdir()
    broken.write_text('<mjml lang="en" dir="ltr">\n<mj-hero></mj-hero></mjml>')
    monkeypatch.setattr(environment, "Templates", lambda: Templates(tmp_path))
    with pytest.raises(SystemExit, match=r"broken\.mjml, line 2: this element is not compiled"):
        runpy.run_module("digest.render.lint", run_name="__main__")
