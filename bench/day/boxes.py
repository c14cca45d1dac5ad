"""Boxes: Channels that render as the true ones do, and keep what would go to the provider."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from digest.channels.base import Channel, Finding, Limits, Message, Receipt, Step, hand_over
from digest.errors import RetryLater
from digest.models.content import EditionContent
from digest.models.envelope import Envelope
from digest.models.words import EditionKind


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that its reader has. `late` is what it says of itself; `told` are the Events in it
    by their ids."""

    channel: str
    address: str
    slot: str
    kind: str
    day: date
    late: bool
    told: tuple[int, ...]
    at: datetime


class Box:
    """One provider: what it accepted, and whether it can be reached."""

    def __init__(self, like: Channel, clock: Callable[[], datetime]) -> None:
        self._like = like
        self._clock = clock
        self.name = like.name
        self.label = like.label
        self.example = like.example
        self.Settings = like.Settings
        self.limits = Limits(concurrency=8)
        self.configured = True
        self.limited_to = ""
        self.away = False
        self.hangs_after: int | None = None  # messages; then it takes one more, and never answers
        self.arrived: list[Arrived] = []
        self._references: set[str] = set()

    @property
    def hangs(self) -> bool:
        """Whether it has a message for which it never answers."""
        return self.hangs_after is not None and self.hangs_after < 0

    def address(self, text: str) -> str:
        return self._like.address(text)

    def render(self, content: EditionContent, envelope: Envelope) -> Message:
        made = self._like.render(content, envelope)
        kept = {
            "slot": envelope.slot,
            "kind": str(content.kind),
            "day": content.day,
            "late": "late." in made.text if content.kind == EditionKind.DIGEST else False,
            "told": tuple(item.event_id for item in content.items),
        }
        steps = (Step("keep", kept),)
        return Message(made.channel, made.address, steps, made.text, made.subject, made.urgent)

    def rewrites(self, reference: str, address: str) -> bool:
        return False

    async def send(self, message: Message) -> Receipt:
        if self.away:
            raise RetryLater("connection_refused", "the provider is away")
        payload: Any = message.steps[0].payload
        assert isinstance(payload, Mapping)
        hand_over()
        reference = self._reference(message)
        self.arrived.append(Arrived(self.name, message.address, at=self._clock(), **payload))
        self._references.add(reference)
        if self.hangs_after is not None:
            self.hangs_after -= 1
            if self.hangs:
                await asyncio.Event().wait()
        return Receipt(reference)

    async def recover(self, message: Message) -> Receipt | None:
        reference = self._reference(message)
        return Receipt(reference) if reference in self._references else None

    def _reference(self, message: Message) -> str:
        payload: Any = message.steps[0].payload
        return f"{message.address}:{payload['slot']}"

    def preview(self, message: Message) -> tuple[str, bytes]:
        return self._like.preview(message)

    async def check(self) -> Sequence[Finding]:
        return ()

    async def close(self) -> None:
        await self._like.close()
