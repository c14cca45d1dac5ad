"""Deliver: claim, render, send, record. No database session is open while a provider is called."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime

from digest.services.app import App
from digest.services.sending.lanes import Counts, Lane
from digest.services.sending.outage import Outage
from digest.services.sending.workers import gone, worker_name
from digest.store import deliveries as ledger

Clock = Callable[[], datetime]


class Deliverer:
    """One worker of the ledger. Several may run beside each other on one database.

    Every Channel has a lane for alerts and one for digests: neither waits for the other, and no
    Channel waits for another one.
    """

    def __init__(self, app: App, clock: Clock, dice: random.Random | None = None) -> None:
        _ = app.links  # may write its key: before any transaction of the ledger
        name, dice = worker_name(), dice or random.Random()
        self._lanes = [
            Lane(app, channel, priority, name, clock, dice)
            for channel in app.active_channels.values()
            for priority in ledger.LANES
        ]

    async def drain(self, stop: asyncio.Event | None = None) -> Counts:
        """Sends all that is due; returns what became of it.

        When `stop` is set, what was begun is finished, and the rest is given back.
        """
        stop = stop or asyncio.Event()
        done: Counts = Counter()
        for one in await asyncio.gather(*(lane.drain(stop) for lane in self._lanes)):
            done.update(one)
        return done

    async def serve(self, stop: asyncio.Event, outage: Outage) -> None:
        """Sends whatever becomes due, until `stop`; looks at once after `wake`.

        `outage` is what all of one process share that wait for the same database.
        """
        await asyncio.gather(*(lane.serve(stop, outage) for lane in self._lanes))

    def wake(self) -> None:
        """There may be work, or `stop` was set."""
        for lane in self._lanes:
            lane.wake.set()


def resume(app: App, now: datetime) -> int:
    """At a start: frees what workers that have died held; returns how many became unknown."""
    with app.db.begin() as session:
        ledger.expire(session, now)
        return ledger.recover(session, now, gone)


def sweep(app: App, now: datetime) -> int:
    """Now and then: ends what came too late, and leases nobody renewed; returns how many of these
    became unknown."""
    with app.db.begin() as session:
        ledger.expire(session, now)
        return ledger.recover(session, now)


def summary(done: Mapping[tuple[str, str, str], int]) -> list[dict[str, object]]:
    """The counts as rows for a program: kind, channel, state, count."""
    return [
        {"kind": kind, "channel": channel, "state": state, "count": count}
        for (kind, channel, state), count in sorted(done.items())
    ]
