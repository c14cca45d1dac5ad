"""Doctor: examines an installation part by part; each fault comes with its remedy."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from zoneinfo import available_timezones

from sqlalchemy import text

from digest.channels.base import Channel, Finding
from digest.errors import DigestError
from digest.services.app import App

TIMEOUT = 30.0  # seconds for all that one Channel asks
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)  # a clock before this release is wrong


async def examine(app: App, now: datetime) -> list[tuple[str, Finding]]:
    """(part, finding) of the database, the clock, the templates and every Channel."""
    found: list[tuple[str, Finding]] = []
    parts: tuple[tuple[str, Callable[[], Sequence[Finding]]], ...] = (
        ("database", lambda: _database(app)),
        ("clock", lambda: _clock(now)),
        ("templates", lambda: _templates(app)),
        ("links", lambda: _links(app)),
    )
    for part, look in parts:
        try:
            found += [(part, one) for one in look()]
        except DigestError as error:
            found.append((part, Finding("error", str(error))))
    for name, channel in app.channels.items():
        found += [(name, one) for one in await _channel(channel)]
    return found


async def _channel(channel: Channel) -> Sequence[Finding]:
    if not channel.configured:
        return [Finding("warning", "not set up; nothing is sent over it")]
    try:
        return await asyncio.wait_for(channel.check(), TIMEOUT)
    except TimeoutError:
        return [Finding("error", f"no answer in {TIMEOUT:.0f} s", "Is the provider reachable?")]
    except DigestError as error:
        return [Finding("error", str(error))]


def _database(app: App) -> Sequence[Finding]:
    has, newest = app.db.revisions()
    if has is None:
        return [Finding("error", "the database has no tables", "Run `digest init`.")]
    if has != newest:
        return [Finding("error", f"its tables are at {has}, not {newest}", "Run `digest init`.")]
    with app.db.read() as session:
        session.execute(text("SELECT 1"))
    return [Finding("ok", f"answers, tables at {has}")]


def _clock(now: datetime) -> Sequence[Finding]:
    found = []
    if now < EARLIEST:
        found.append(Finding("error", f"it says {now:%Y-%m-%d}", "Set the machine's clock."))
    if "Europe/London" not in available_timezones():
        found.append(Finding("error", "there are no time zones", "Install the package tzdata."))
    return found or [Finding("ok", f"{now:%Y-%m-%d %H:%M} UTC")]


def _templates(app: App) -> Sequence[Finding]:
    """Every template compiles."""
    environment = app.templates.environment()
    names = environment.list_templates(
        filter_func=lambda name: not name.endswith((".png", ".css", ".md"))
    )
    for name in names:
        app.templates.check(name)
    return [Finding("ok", f"{len(names)} compile")]


def _links(app: App) -> Sequence[Finding]:
    url = app.settings.base_url
    if "127.0.0.1" in url or "localhost" in url:
        return [
            Finding(
                "warning",
                f"links in messages begin with {url}, which only this machine reaches",
                "Set DIGEST_BASE_URL to the address readers use.",
            )
        ]
    if not url.startswith("https://"):
        return [Finding("warning", "links are not https", "One-click unsubscribe needs https.")]
    return [Finding("ok", url)]
