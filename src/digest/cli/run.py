"""`digest run`: plans and delivers all that is due at one instant."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated

import typer

from digest import clock
from digest.cli.common import Json, instant, open_app, say, say_json, table, warn
from digest.models.words import Outcome
from digest.services.app import App
from digest.services.run import Report
from digest.services.run import run as run_once

WORDS: Mapping[str, str] = {
    Outcome.EDITION: "to be sent",
    Outcome.DIGEST: "left to the next digest",
    Outcome.HELD: "held for later",
    Outcome.NOTHING: "with nothing to tell",
    Outcome.FOLDED: "joined to a later message",
    Outcome.EXPIRED: "too old to be told",
}
AHEAD = timedelta(minutes=1)  # a clock may be off by so much


def run(
    now: Annotated[
        str | None,
        typer.Option(
            "--now",
            metavar="TIME",
            help="Act as if it were this ISO 8601 time. What is due then is really planned and"
            " sent, and won't be sent again when the time comes; `digest preview` only shows.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Plan and deliver everything that is due now: alerts, held alerts and digests."""
    at = instant(now)
    app = open_app()
    if at > clock.now() + AHEAD:
        warn(
            f"--now {now} lies ahead: this plans and sends for real, and uses up what would be due"
            " until then; `digest preview` shows a digest without sending it"
        )
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


def lines(report: Report) -> Iterator[str]:
    """What was decided, a line for each kind, in words."""
    for title, counts in (
        ("Alerts", report.alerts),
        ("Held alerts", report.released),
        ("Digests", report.digests),
    ):
        known = [*WORDS, *sorted(set(counts) - set(WORDS))]
        words = ", ".join(f"{counts[one]} {WORDS.get(one, one)}" for one in known if counts[one])
        yield f"{title}: {words or 'none due'}."


def _print(report: Report) -> None:
    for line in lines(report):
        say(line)
    table(
        "Deliveries",
        ["kind", "channel", "state", "count"],
        [[*key, n] for key, n in sorted(report.deliveries.items())],
    )
