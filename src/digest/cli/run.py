"""`digest run`: plans and delivers all that is due at one instant."""

import asyncio
from datetime import datetime

import typer

from digest import clock
from digest.cli.common import Json, Now, instant, open_app, say, say_json, table
from digest.services.app import App
from digest.services.run import Report
from digest.services.run import run as run_once


def run(now: Now = None, json: Json = False) -> None:
    """Plan and deliver everything that is due now: alerts, held alerts and digests."""
    app = open_app()
    at = instant(now)
    report = asyncio.run(_run(app, at, still=now is not None))
    if json:
        say_json(report.as_json())
    else:
        _print(report)
    if report.failed:
        raise typer.Exit(1)


async def _run(app: App, at: datetime, still: bool) -> Report:
    try:
        return await run_once(app, at, clock.ticking_from(at) if still else clock.now)
    finally:
        for channel in app.channels.values():
            await channel.close()


def _print(report: Report) -> None:
    for title, counts in (
        ("Alerts", report.alerts),
        ("Held alerts", report.released),
        ("Digests", report.digests),
    ):
        words = ", ".join(f"{n} {outcome}" for outcome, n in sorted(counts.items()))
        say(f"{title}: {words or 'none due'}.")
    table(
        "Deliveries",
        ["kind", "channel", "state", "count"],
        [[*key, n] for key, n in sorted(report.deliveries.items())],
    )
