"""Our mail judged by validators of the web: html-validate for its HTML, mjml for its sources.

They run in Node (`npm ci` in tests/oracles): one process for all that is judged.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conformance import ADAPTERS
from conformance.email import html_of
from conformance.goldens import GOLDENS, LOCALES, SPARSE, TEXTS, hostile

from digest.channels.email import EmailChannel
from digest.render.environment import Templates, built_in_folder
from digest.render.locales import direction
from digest.render.mask import mask
from digest.render.piece import take_imports
from digest.render.sources import load

ORACLES = Path(__file__).parents[2] / "oracles"

pytestmark = pytest.mark.node


Judge = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def judged() -> Iterator[Judge]:
    """What Node's oracles find wrong in `html` and `mjml`, texts by name."""
    node = shutil.which("node")
    if node is None or not (ORACLES / "node_modules").is_dir():
        pytest.skip("no oracles: run `npm ci` in tests/oracles (Node 20 or newer)")
    with subprocess.Popen(
        [node, "judge.mjs"],
        cwd=ORACLES,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def ask(**given: dict[str, str]) -> list[dict[str, Any]]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps({"html": {}, "mjml": {}} | given) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline()
            assert answer, "Node has ended; what it said of that is above"
            found: list[dict[str, Any]] = json.loads(answer)
            return found

        yield ask
        assert process.stdin is not None
        process.stdin.close()


def pages(channel: EmailChannel) -> Iterator[tuple[str, str]]:
    adapter = ADAPTERS["email"]
    for locale in LOCALES:
        for name, golden in (GOLDENS | SPARSE).items():
            message = golden.in_language(locale).rendered(channel, adapter)
            yield f"{name} ({locale})", html_of(message)


def test_html_validate_finds_nothing(channel: EmailChannel, judged: Judge) -> None:
    found = judged(html=dict(pages(channel)))
    assert sorted({f"{one['rule']}: {one['message']} ({one['name']})" for one in found}) == []


def test_headings_go_down_one_level_at_a_time(channel: EmailChannel) -> None:
    """As who listens to a page goes through it; aria-level comes before the number of the tag."""
    for name, html in pages(channel):
        found = re.findall(r"<h([1-6])([^>]*)>", html)
        levels = [int((re.findall(r'aria-level="(\d)"', more) or [tag])[0]) for tag, more in found]
        assert levels[0] == 1, name
        assert all(below <= above + 1 for above, below in pairwise(levels)), (name, levels)


def test_html_validate_finds_nothing_in_hostile_mail(channel: EmailChannel, judged: Judge) -> None:
    adapter = ADAPTERS["email"]
    made = {
        f"{what}: {text[:20]!a}": html_of(golden.rendered(channel, adapter))
        for text in TEXTS
        if len(text) < 1_000
        for what, golden in hostile(text)
    }
    found = judged(html=made)
    assert sorted({f"{one['rule']}: {one['message']} ({one['name']})" for one in found}) == []


def sources() -> Iterator[tuple[str, str]]:
    """Every source with tokens for Jinja's tags, but for the two words that MJML has to know."""
    templates = Templates()
    for path in built_in_folder("templates").glob("email/*/body.mjml"):
        kind = path.parent.name
        masked = mask(take_imports(load(templates, f"email/{kind}/body.mjml"))[1])
        for locale in LOCALES:
            ways = direction(locale)
            known = {
                "{{ dir }}": ways,
                "{{ start }}": "right" if ways == "rtl" else "left",
                "{{ locale }}": locale,
            }

            def put(token: re.Match[str], known: dict[str, str] = known) -> str:
                return known.get(masked.tags[int(token[1])], token[0])  # noqa: B023 - used at once

            yield f"{kind} ({locale})", re.sub(r"zj(\d+)jz", put, masked.text)


def test_mjml_finds_nothing_in_the_sources(judged: Judge) -> None:
    found = judged(mjml=dict(sources()))
    assert sorted({f"{one['rule']}: {one['message']} ({one['name']})" for one in found}) == []


def test_the_oracles_find_what_is_wrong(judged: Judge) -> None:
    found = judged(
        html={"page": "<!DOCTYPE html><html><body><p>a<div></p></body></html>"},
        mjml={"source": "<mjml><mj-body><mj-section colour='red'/></mj-body></mjml>"},
    )
    assert {one["name"] for one in found} == {"page", "source"}
