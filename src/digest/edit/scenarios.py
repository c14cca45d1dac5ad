"""Scenarios over time: what an Assertion does to the Scenario it belongs to."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from digest.edit.facts import normalise
from digest.models.desk import Claim, Course
from digest.models.record import AssertionRecord
from digest.models.words import ENDED, SHIFTED, STATED_ENDS
from digest.render.words import HORIZON_ORDER, KIND_ORDER

# How long a Scenario stays open after it was last asserted (docs/desk.md).
OPEN_FOR = {
    "immediate": timedelta(days=3),
    "short": timedelta(days=30),
    "medium": timedelta(days=180),
    "long": timedelta(days=730),
}
UNKNOWN_HORIZON = timedelta(days=180)
_NEARNESS = {"long": 0, "medium": 1, "short": 2, "immediate": 3}
_FIRMNESS = {"suggested": 0, "reported": 1, "assessed": 2}


def scenario_key(assertion: AssertionRecord) -> str:
    """The Scenario's key within its Story: the stated one, or a hash of kind and words."""
    if assertion.scenario:
        return assertion.scenario
    text = f"{assertion.kind.casefold()}\n{normalise(assertion.text)}"
    return "text:" + hashlib.sha256(text.encode()).hexdigest()[:20]


def transition(said: Claim, horizon: str | None, confidence: str | None, state: str | None) -> str:
    """The state after `said`; the other arguments are the Scenario's before it, or None.

    An end must be stated. A nearer horizon or a firmer basis raises it, the opposite lowers it;
    when the two disagree, the horizon decides. A Scenario that had ended starts anew.
    """
    if said.state in STATED_ENDS:
        return said.state
    if state is None or state in ENDED:
        return "new"
    moved = step_of_horizon(horizon, said.horizon) or _step(_FIRMNESS, confidence, said.confidence)
    return {1: "raised", -1: "lowered", 0: "restated"}[moved]


def told_as(state: str, was_horizon: str | None, horizon: str | None) -> str:
    """The word for `state` that readers meet: where the horizon has moved, "sooner" or "later"."""
    step = step_of_horizon(was_horizon, horizon) if state in SHIFTED else 0
    return {1: "sooner", -1: "later", 0: state}[step]


def step_of_horizon(was: str | None, now: str | None) -> int:
    """1 for a nearer one, -1 for a farther one, 0 if it hasn't moved or nobody knows."""
    return _step(_NEARNESS, was, now)


def _step(order: dict[str, int], was: str | None, now: str | None) -> int:
    if was not in order or now not in order:
        return 0
    return (order[now] > order[was]) - (order[now] < order[was])


def by_nearness(said: AssertionRecord) -> tuple[int, int]:
    """The place among others: nearest horizon first, then by kind; unknown words last."""
    return _place(HORIZON_ORDER, said.horizon), _place(KIND_ORDER, said.kind)


def _place(order: Sequence[str], word: str | None) -> int:
    return order.index(word) if word in order else len(order)


def expires_at(horizon: str | None, asserted_at: datetime) -> datetime:
    """When a Scenario that nobody asserts again has come to nothing."""
    return asserted_at + OPEN_FOR.get(horizon or "", UNKNOWN_HORIZON)


def course(claims: Sequence[Claim], now: datetime) -> Course:
    """What these claims, at least one and in their order, have made of a Scenario by `now`.

    This is the one verdict: what is stored of a Scenario, and all that is shown of it, follows it.
    """
    state: str | None = None
    horizon: str | None = None
    confidence: str | None = None
    moved_at = over = claims[0].at
    was_horizon: str | None = None
    was_confidence: str | None = None
    ended_by: Claim | None = None
    moves = []
    for said in claims:
        if state not in ENDED and state is not None and over <= said.at:
            state = "expired"
        after = transition(said, horizon, confidence, state)
        moves.append(after)
        if after != "restated":
            state, moved_at = after, said.at
            ended_by = said if after in ENDED else None
            was_horizon, was_confidence = horizon, confidence
        horizon, confidence = said.horizon, said.confidence
        over = expires_at(horizon, said.at)
    if state not in ENDED and over <= now:
        state, moved_at = "expired", over
    if state not in SHIFTED:
        was_horizon = was_confidence = None
    return Course(
        state or "",
        claims[0].at,
        moved_at,
        over,
        claims[-1],
        tuple(moves),
        ended_by,
        was_horizon,
        was_confidence,
    )
