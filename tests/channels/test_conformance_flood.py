"""5,000 random and hostile Events through every Channel: no oracle refuses one message."""

import os
import time

import pytest
from conformance import ADAPTERS
from conformance.flood import editions

from digest.channels import discover
from digest.render.environment import Templates

EVENTS = 5_000
SEED = int(os.environ.get("FLOOD_SEED", "20260305"))  # another seed, another 5,000


@pytest.mark.timeout(600)  # 10 to 20 s of CPU on a machine of one's own
@pytest.mark.parametrize("name", [name for name in ADAPTERS if name in discover()])
def test_5000_hostile_events_are_never_refused(name: str) -> None:
    adapter = ADAPTERS[name]
    kind = discover()[adapter.channel]
    channel = kind(kind.Settings.load(), Templates())
    start = time.process_time()
    told = messages = 0
    refusals = []
    for number, golden in enumerate(editions(EVENTS, SEED)):
        told += len(golden.content.items)
        messages += 1
        try:
            adapter.judge(golden.rendered(channel, adapter), golden.content)
        except Exception as refusal:
            refusals.append(f"edition {number}: {type(refusal).__name__}: {refusal}"[:300])
    seconds = time.process_time() - start
    figures = f"{told} events in {messages} messages, {len(refusals)} refused, {seconds:.1f} s CPU"
    print(f"{name}: {figures}")  # noqa: T201 - shown by pytest -rP
    assert refusals == []
    assert told == EVENTS
