"""`digest interests`: what can be followed."""

from typing import Annotated

import typer

from digest.cli.common import Json, open_app, say_json, table
from digest.cli.shape import typer_app
from digest.errors import NotFound, WrongUsage
from digest.models.words import InterestKind

app = typer_app("List actors, regions and topics that can be followed.")


@app.command("list")
def list_(
    kind: Annotated[str | None, typer.Option("--kind", help="actor, region or topic.")] = None,
    json: Json = False,
) -> None:
    """List all interests."""
    if kind is not None and kind not in set(InterestKind):
        raise WrongUsage(f"--kind {kind}: write actor, region or topic")
    rows = [
        {"slug": one.slug, "kind": one.kind, "name": one.name, "parents": list(one.parents)}
        for one in open_app(sends=False).gazetteer
        if kind is None or one.kind == kind
    ]
    if json:
        say_json(rows)
        return
    table(
        "Interests",
        ["kind", "name", "slug", "part of"],
        [[r["kind"], r["name"], r["slug"], ", ".join(r["parents"])] for r in rows],
    )


@app.command("find")
def find(name: Annotated[str, typer.Argument(help="A name, alias or slug.")]) -> None:
    """Show which interest a name means."""
    gazetteer = open_app(sends=False).gazetteer
    found = gazetteer.resolve(name)
    if found is None:
        near = " or ".join(gazetteer.suggest(name, 3))
        hint = f"; did you mean {near}?" if near else ""
        raise NotFound(f"there is no interest {name!r}{hint}")
    table("Interest", ["kind", "name", "slug"], [[found.kind, found.name, found.slug]])
