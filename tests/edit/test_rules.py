"""Every rule has words, a place in the docs, and, where readers see it, a label."""

import ast
from functools import cache
from pathlib import Path

import pytest

from digest.edit.rules import RULES
from digest.render.words import LABELS

ROOT = Path(__file__).parents[2]
DOCS = "\n".join((ROOT / "docs" / name).read_text("utf-8") for name in ("desk.md", "alerts.md"))
LEFT_OUT = ("muted", "below_threshold", "told_before", "same_fact", "over_budget")
"""What readers see counted; that something was retracted before they heard of it is not theirs."""


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_documented(rule: str) -> None:
    assert f"`{rule}`" in DOCS


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_used(rule: str) -> None:
    assert rule in _strings("src/digest/edit", "src/digest/services", but="rules.py")


@pytest.mark.parametrize("rule", LEFT_OUT)
def test_what_a_digest_leaves_out_has_a_label(rule: str) -> None:
    assert rule in LABELS["left_out"]


@cache
def _strings(*folders: str, but: str) -> set[str]:
    found: set[str] = set()
    for folder in folders:
        for file in (ROOT / folder).rglob("*.py"):
            if file.name != but:
                tree = ast.parse(file.read_text("utf-8"))
                found |= {
                    node.value
                    for node in ast.walk(tree)
                    if isinstance(node, ast.Constant) and isinstance(node.value, str)
                }
    return found
