"""Fan-out: one alert to thousands, with a Channel that takes all at once: what our own code costs.

Rendering and the wire are measured elsewhere; here is the ledger: claim, load, begin, record.
"""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import insert

from bench.line import Line, timed
from bench.stage import installed
from digest.channels.base import Finding, Limits, Message, Receipt, Step
from digest.models import Delivery, Destination, Subscriber
from digest.models.content import EditionContent
from digest.models.envelope import Envelope
from digest.models.words import DeliveryState, EditionKind
from digest.services.app import App
from digest.services.sending.deliver import Deliverer
from digest.settings import SettingsGroup
from digest.store import deliveries, editions

READERS = 5_000
MOST = 0.3  # milliseconds of processor a Delivery
NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)


class Nowhere:
    """Takes every message, and does nothing with it."""

    name: ClassVar[str] = "email"
    label: ClassVar[str] = "Nowhere"
    example: ClassVar[str] = "nobody"
    Settings: ClassVar[type[SettingsGroup]] = SettingsGroup
    limits = Limits(concurrency=16)
    configured = True
    _steps = (Step("send", {}),)

    def __init__(self, settings: Any = None, templates: Any = None) -> None: ...

    def address(self, text: str) -> str:
        return text

    def render(self, content: EditionContent, envelope: Envelope) -> Message:
        return Message(self.name, envelope.address, self._steps, str, "Subject")

    async def send(self, message: Message) -> Receipt:
        return Receipt(message.address)

    async def recover(self, message: Message) -> Receipt | None:
        return None

    def preview(self, message: Message) -> tuple[str, bytes]:
        return "", b""

    async def check(self) -> Sequence[Finding]:
        return ()

    async def close(self) -> None: ...


def run(folder: Path) -> Iterator[Line]:
    with installed(folder) as app:
        app.channels = {"email": Nowhere()}
        planned(app, READERS)
        with timed() as watch:
            done = asyncio.run(Deliverer(app, lambda: NOW).drain())
        assert done == {("alert", "email", "sent"): READERS}
        yield Line(
            f"{READERS:,} deliveries of an alert claimed, begun and recorded",
            READERS / watch.wall,
            "/s",
            cpu=1e3 * watch.cpu / READERS,
            most_cpu=MOST,
            readers=READERS,
        )


def planned(app: App, readers: int) -> None:
    """One alert, waiting for as many readers."""
    ids = range(1, readers + 1)
    content = EditionContent(kind=EditionKind.ALERT, day=NOW.date(), at=NOW)
    with app.db.begin() as session:
        (edition_id,) = editions.save(session, [content], {}, NOW)
        session.execute(insert(Subscriber), [{"id": one, "key": f"r{one}"} for one in ids])
        session.execute(
            insert(Destination),
            [
                {
                    "id": one,
                    "subscriber_id": one,
                    "channel": "email",
                    "address": f"r{one}@example.org",
                    "verified_at": NOW,
                }
                for one in ids
            ],
        )
        session.execute(
            insert(Delivery),
            [
                {
                    "edition_id": edition_id,
                    "subscriber_id": one,
                    "destination_id": one,
                    "channel": "email",
                    "slot": "alert:1:1",
                    "priority": deliveries.ALERTS,
                    "state": DeliveryState.PENDING,
                    "not_before": NOW,
                    "expires_at": NOW + timedelta(hours=6),
                    "created_at": NOW,
                }
                for one in ids
            ],
        )
