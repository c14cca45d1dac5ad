"""5,000 random and hostile Events through every Channel: no oracle refuses one message."""

import os
from collections.abc import Mapping
from functools import cache

import pytest
from conformance import ADAPTERS
from conformance.flood import editions

from digest.channels import discover
from digest.channels.base import Channel
from digest.render.environment import Templates

EVENTS = 5_000
PARTS = 5  # tests of a dozen seconds each, so that several processes share them
SEED = int(os.environ.get("FLOOD_SEED", "20260305"))  # another seed, another 5,000


@cache
def channels() -> Mapping[str, Channel]:
    """By the name of the Adapter; several for one Channel would judge the same messages."""
    kinds = discover()
    return {
        name: kinds[name](kinds[name].Settings.load(), Templates())
        for name in ADAPTERS
        if name in kinds
    }


@pytest.mark.timeout(600)  # for a machine with much else to do
@pytest.mark.parametrize("part", range(PARTS))
def test_5000_hostile_events_are_never_refused(part: int) -> None:
    told = 0
    refusals = []
    for number, golden in enumerate(editions(EVENTS // PARTS, SEED * PARTS + part)):
        told += len(golden.content.items)
        for name, channel in channels().items():
            adapter = ADAPTERS[name]
            try:
                adapter.judge(golden.rendered(channel, adapter), golden.content)
            except Exception as refusal:
                why = f"{type(refusal).__name__}: {refusal}"[:300]
                refusals.append(f"{name}, edition {number}: {why}")
    print(f"{told} events, {len(refusals)} messages refused")  # noqa: T201 - shown by pytest -rP
    assert refusals == []
    assert told * PARTS == EVENTS
