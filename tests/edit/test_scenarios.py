"""What an Assertion does to its Scenario."""

from datetime import timedelta

import pytest
from desk_builders import NOW

from digest.edit.scenarios import expires_at, scenario_key, transition
from digest.models.record import AssertionRecord


def said(**changes: object) -> AssertionRecord:
    values = {"kind": "risk", "text": "A war.", "horizon": "short", "confidence": "reported"}
    return AssertionRecord(**(values | changes))  # type: ignore[arg-type]


def test_a_stated_key_or_kind_and_words_make_it_the_same() -> None:
    assert scenario_key(said(scenario="war")) == "war"
    assert scenario_key(said()) == scenario_key(said(kind="Risk", text="a WAR"))
    assert scenario_key(said()) != scenario_key(said(kind="consequence"))
    assert scenario_key(said()) != scenario_key(said(text="A truce."))


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ({}, "restated"),
        ({"horizon": "immediate"}, "raised"),
        ({"horizon": "long"}, "lowered"),
        ({"confidence": "assessed"}, "raised"),
        ({"confidence": "suggested"}, "lowered"),
        ({"horizon": "immediate", "confidence": "suggested"}, "raised"),
        ({"horizon": None, "confidence": "a word nobody knows"}, "restated"),
        ({"state": "materialised"}, "materialised"),
        ({"state": "contradicted"}, "contradicted"),
        ({"state": "withdrawn"}, "withdrawn"),
        ({"state": "expired"}, "restated"),
    ],
)
def test_what_moves_it(now: dict[str, object], state: str) -> None:
    assert transition(said(**now), "short", "reported", "new") == state


@pytest.mark.parametrize("before", [None, "materialised", "contradicted", "withdrawn", "expired"])
def test_the_first_time_and_after_an_end_it_is_new(before: str | None) -> None:
    assert transition(said(), "short", "reported", before) == "new"


@pytest.mark.parametrize(
    ("horizon", "days"), [("immediate", 3), ("short", 30), ("long", 730), (None, 180), ("x", 180)]
)
def test_how_long_it_stays_open(horizon: str | None, days: int) -> None:
    assert expires_at(horizon, NOW) == NOW + timedelta(days=days)
