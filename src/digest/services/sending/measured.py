"""Measured: what sending costs and what becomes of it, in the numbers of this process."""

from collections import Counter
from collections.abc import Sequence
from time import perf_counter
from typing import cast

from digest.channels.base import Channel, Message, Receipt
from digest.models.content import EditionContent
from digest.models.envelope import Envelope
from digest.models.words import EditionKind
from digest.services.sending.attempts import Ended
from digest.store import deliveries as ledger
from digest.telemetry import (
    ALERT_LATENCY,
    ATTEMPTS,
    CALLS,
    CLAIMED,
    CLAIMS,
    DELIVERIES,
    DIGEST_LATENCY,
    RENDERING,
    Instrument,
    Labels,
    Telemetry,
)

LANES = {ledger.ALERTS: "alerts", ledger.DIGESTS: "digests"}


class Timed:
    """A Channel like the one it is made of; how long rendering and its provider take is noted."""

    def __init__(self, channel: Channel, telemetry: Telemetry) -> None:
        self._channel = channel
        self._telemetry = telemetry
        self._labels = (channel.name,)

    def __getattr__(self, name: str) -> object:
        return getattr(self._channel, name)

    def render(self, content: EditionContent, envelope: Envelope) -> Message:
        begun = perf_counter()
        message = self._channel.render(content, envelope)
        self._telemetry.observe(RENDERING, self._labels, (perf_counter() - begun,))
        return message

    async def send(self, message: Message) -> Receipt:
        begun = perf_counter()
        try:
            return await self._channel.send(message)
        finally:
            self._telemetry.observe(CALLS, self._labels, (perf_counter() - begun,))


def timed(channel: Channel, telemetry: Telemetry) -> Channel:
    return cast(Channel, Timed(channel, telemetry))


def claimed(telemetry: Telemetry, channel: str, priority: int, number: int) -> None:
    """A batch of that many Deliveries was claimed."""
    labels = (channel, LANES[priority])
    telemetry.add(CLAIMS, {labels: 1})
    telemetry.add(CLAIMED, {labels: number})


def written(telemetry: Telemetry, channel: str, ended: Sequence[Ended]) -> None:
    """These attempts are over, and the ledger says so."""
    states: Counter[Labels] = Counter()
    attempts: Counter[Labels] = Counter()
    waits: dict[Instrument, list[float]] = {ALERT_LATENCY: [], DIGEST_LATENCY: []}
    for one in ended:
        result, kind, content = one.result, one.parcel.kind, one.parcel.content
        states[channel, kind, result.state, telemetry.reason(result.reason)] += 1
        if result.counts:
            attempts[channel, kind] += 1
        if result.reference is None:
            continue
        if kind is EditionKind.DIGEST:
            waits[DIGEST_LATENCY].append((result.at - content.at).total_seconds())
        elif content.items and not content.held:
            visible = max(item.visible_at for item in content.items)
            waits[ALERT_LATENCY].append((result.at - visible).total_seconds())
    telemetry.add(DELIVERIES, states)
    telemetry.add(ATTEMPTS, attempts)
    for instrument, seconds in waits.items():
        if seconds:
            telemetry.observe(instrument, (channel,), seconds)
