"""`digest events`: what is stored."""

import json as codec
from pathlib import Path
from textwrap import shorten
from typing import Annotated

import typer
from sqlalchemy import select

from digest.cli.common import Json, Limit, moment, open_app, say, say_json, table, write_parts
from digest.cli.shape import typer_app
from digest.models import Event
from digest.services.news import export as exporter

HEADLINE = 68  # characters that are shown, so that a line fits 100 columns

app = typer_app("List, show and export stored events.")


@app.command("list")
def list_(limit: Limit = 20, json: Json = False) -> None:
    """List the newest events."""
    digest = open_app(sends=False)
    with digest.db.read() as session:
        rows = session.scalars(
            select(Event).order_by(Event.visible_at.desc(), Event.id.desc()).limit(limit)
        ).all()
    found = [
        {
            "id": row.external_id,
            "slug": row.slug,
            "headline": row.headline,
            "severity": row.severity,
            "category": row.category,
            "revision": row.revision,
            "visible_at": row.visible_at.isoformat(),
        }
        for row in rows
    ]
    if json:
        say_json(found)
        return
    table(
        "Events",
        ["visible", "severity", "headline, and below it the slug for other commands"],
        [
            [
                moment(one["visible_at"]),
                one["severity"],
                f"{shorten(str(one['headline']), HEADLINE, placeholder=' ...')}\n{one['slug']}",
            ]
            for one in found
        ],
    )


@app.command("show")
def show(event: Annotated[str, typer.Argument(help="Slug or id of an event.")]) -> None:
    """Print one event, whole, as JSON."""
    say_json(exporter.record(open_app(sends=False), event))


@app.command("export")
def export(
    to_file: Annotated[
        Path | None, typer.Option("--out", help="Write to this file instead of the terminal.")
    ] = None,
    story: Annotated[str | None, typer.Option("--story", help="Only of this story.")] = None,
) -> None:
    """Write every event as one line of JSON, in the form `digest import` reads."""
    digest = open_app(sends=False)
    found = exporter.records(digest, story)
    if to_file is None:
        for one in found:
            print(codec.dumps(one, ensure_ascii=False))
        return
    lines = (codec.dumps(one, ensure_ascii=False).encode("utf-8") + b"\n" for one in found)
    say(f"{write_parts(to_file, lines)} events written to {to_file}.")
