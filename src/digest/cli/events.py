"""`digest events`: what is stored."""

import json as codec
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import shorten
from typing import Annotated, Any

import typer
from sqlalchemy import select

from digest.cli.common import Json, Limit, moment, open_app, say, say_json, table, warn, write_parts
from digest.cli.shape import typer_app
from digest.errors import DigestError
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
        ["visible", "severity", "headline; below it slug and id, by which commands know it"],
        [
            [
                moment(one["visible_at"]),
                one["severity"],
                "\n".join(
                    (
                        shorten(str(one["headline"]), HEADLINE, placeholder=" ..."),
                        *dict.fromkeys((str(one["slug"]), str(one["id"]))),
                    )
                ),
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
    """Write every event as one line of JSON, in the form `digest import` reads.

    What can no longer be read is left out and named on standard error; the exit code is then 1.
    """
    digest = open_app(sends=False)
    left_out: list[str] = []
    lines = _lines(exporter.records(digest, story), left_out)
    if to_file is None:
        for line in lines:
            print(line)
    else:
        count = write_parts(to_file, (f"{line}\n".encode() for line in lines))
        say(f"{count} events written to {to_file}.")
    if left_out:
        raise DigestError(f"left out, for they can no longer be read: {len(left_out)} events")


def _lines(
    found: Iterable[tuple[str, dict[str, Any] | None]], left_out: list[str]
) -> Iterator[str]:
    """Events as JSON; what can't be read is warned of and `left_out`."""
    for slug, record in found:
        if record is None:
            warn(f"{slug} can no longer be read and is left out")
            left_out.append(slug)
        else:
            yield codec.dumps(record, ensure_ascii=False)
