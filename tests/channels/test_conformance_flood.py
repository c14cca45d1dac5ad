"""Random and hostile Events without end through every Channel: no oracle refuses one message.

`FLOOD_SEED=7 FLOOD_EVENTS=50000 ./run test tests/channels/test_conformance_flood.py` looks further.
"""

import os
from collections.abc import Mapping
from functools import cache

import pytest
from conformance import ADAPTERS
from conformance.flood import editions

from digest.channels import discover
from digest.channels.base import Channel
from digest.render.environment import Templates

EVENTS = int(os.environ.get("FLOOD_EVENTS", "2000"))
PARTS = 4  # tests of some seconds each, so that several processes share them
SEED = int(os.environ.get("FLOOD_SEED", "20260305"))  # another seed, other Events


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
def test_hostile_events_are_never_refused(part: int) -> None:
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
