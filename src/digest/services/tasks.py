"""Tasks: what a worker does with each kind, and who puts it.

| kind | queue | put by |
|---|---|---|
| alert | alerts | ingest, with what it stores; the clock, when something became visible |
| plan | plans | the clock, when digests are due |
| send | alerts, digests | whoever writes Deliveries, with them; the clock, for what waited |
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from digest.engine.base import ALERTS, DIGESTS, PLANS, Task
from digest.store import deliveries as ledger

ALERT = Task("alert", ALERTS, key="alert")
"""Look at what has become visible, and at what was held."""

_QUEUES: Mapping[int, str] = {ledger.ALERTS: ALERTS, ledger.DIGESTS: DIGESTS}


def send(channel: str, priority: int, *, alone: bool = False) -> Task:
    """Send what is due in one lane; `alone`: unless such a task waits already."""
    queue = _QUEUES[priority]
    key = f"send:{channel}:{priority}" if alone else None
    return Task("send", queue, {"channel": channel, "priority": priority}, key)


def sends(deliveries: Iterable[Mapping[str, object]]) -> list[Task]:
    """One task for each lane that these rows of Deliveries are in."""
    lanes = sorted({(str(row["channel"]), int(str(row["priority"]))) for row in deliveries})
    return [send(*lane) for lane in lanes]


def plan(shard: Sequence[Any], now: datetime) -> Task:
    """Plan the digests of those who are due in a shard (`publish.Shard`) at `now`."""
    about = {"shard": list(shard), "now": now.isoformat()}
    return Task("plan", PLANS, about, f"plan:{about['shard']}")
