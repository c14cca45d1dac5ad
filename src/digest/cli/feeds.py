"""`digest feeds`: feeds that are polled for events."""

from typing import Annotated

import typer

from digest import clock
from digest.cli.common import Json, note, open_app, say, say_json, table
from digest.cli.shape import typer_app
from digest.errors import NotFound
from digest.services.news import feeds

app = typer_app("Add, list and poll feeds.")


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(help="Address of an RSS, Atom, JSON or CAP feed.")],
    every: Annotated[int, typer.Option("--every", help="Minutes between polls.", min=1)] = 15,
) -> None:
    """Add a feed."""
    feeds.add(open_app(sends=False), url, clock.now(), every)
    say(f"Added {url}, polled every {every} minutes.")


@app.command("remove")
def remove(url: Annotated[str, typer.Argument(help="Address of the feed.")]) -> None:
    """Stop polling a feed. Its events stay."""
    if not feeds.remove(open_app(sends=False), url, clock.now()):
        raise NotFound(f"there is no feed {url}")
    say(f"No longer polled: {url}")


@app.command("list")
def list_(json: Json = False) -> None:
    """List feeds and how they are doing."""
    rows = [
        {
            "url": one.url,
            "enabled": one.enabled,
            "every_minutes": one.every_minutes,
            "last_ok_at": one.last_ok_at.isoformat() if one.last_ok_at else None,
            "next_poll_at": one.next_poll_at.isoformat() if one.next_poll_at else None,
            "failures": one.failures,
            "error": one.last_error,
        }
        for one in feeds.every(open_app(sends=False))
    ]
    if json:
        say_json(rows)
        return
    table(
        "Feeds",
        ["feed", "last good", "next", "failures", "what is wrong"],
        [[r["url"], r["last_ok_at"], r["next_poll_at"], r["failures"], r["error"]] for r in rows],
    )


@app.command("poll")
def poll(
    every_feed: Annotated[bool, typer.Option("--all", help="Also those not due yet.")] = False,
    json: Json = False,
) -> None:
    """Poll the feeds that are due now."""
    done = feeds.poll(open_app(sends=False), clock.now(), due_only=not every_feed)
    rows = [
        {
            "url": one.url,
            "new": one.summary.new,
            "revised": one.summary.revised,
            "same": one.summary.same,
            "refused": len(one.summary.refused),
            "unchanged": one.unchanged,
            "error": one.error,
        }
        for one in done
    ]
    if json:
        say_json(rows)
    else:
        table(
            "Polled",
            ["feed", "new", "revised", "same", "refused"],
            [[r["url"], r["new"], r["revised"], r["same"], r["refused"]] for r in rows],
        )
    wrong = [one for one in done if one.error]
    for one in wrong:
        note(f"digest: {one.url}: {one.error}")
    if wrong:
        raise typer.Exit(1)
