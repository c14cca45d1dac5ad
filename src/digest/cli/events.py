"""`digest events`: what is stored."""

import json as codec
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from digest.cli.common import Json, Limit, note, open_app, say, say_json, table
from digest.cli.shape import typer_app
from digest.errors import DigestError
from digest.models import Event
from digest.services import export as exporter
from digest.services import find

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
        ["visible", "severity", "headline", "slug"],
        [[one["visible_at"], one["severity"], one["headline"], one["slug"]] for one in found],
    )


@app.command("show")
def show(event: Annotated[str, typer.Argument(help="Slug or id of an event.")]) -> None:
    """Print one event, whole, as JSON."""
    digest = open_app(sends=False)
    with digest.db.read() as session:
        wanted = find.event(session, event).external_id
    for record in exporter.records(digest):
        if record["id"] == wanted:
            say_json(record)
            return


@app.command("export")
def export(
    to_file: Annotated[
        Path | None, typer.Option("--out", help="Write to this file instead of the terminal.")
    ] = None,
    story: Annotated[str | None, typer.Option("--story", help="Only of this story.")] = None,
) -> None:
    """Write every event as one line of JSON, in the form `digest import` reads."""
    digest = open_app(sends=False)
    lines = (codec.dumps(one, ensure_ascii=False) for one in exporter.records(digest, story))
    if to_file is None:
        for line in lines:
            print(line)
        return
    count = 0
    try:
        with to_file.open("w", encoding="utf-8") as file:
            for line in lines:
                file.write(line + "\n")
                count += 1
    except OSError as error:
        raise DigestError(f"{to_file} can't be written: {error.strerror}") from None
    say(f"{count} events written to {to_file}.")
    if not count:
        note("There are no events yet: `digest import` brings some in.")
