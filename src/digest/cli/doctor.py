"""`digest doctor`: checks everything and says how to mend what is wrong."""

import asyncio

import typer
from rich.text import Text

from digest import clock
from digest.channels.base import Finding
from digest.cli.common import Json, open_app, out, say, say_json
from digest.services.admin.doctor import examine
from digest.services.app import App

COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}


def doctor(json: Json = False) -> None:
    """Check database, clock, templates and every channel; each fault comes with its remedy."""
    app = open_app()
    found = asyncio.run(_examine(app))
    if json:
        say_json(
            [
                {"part": part, "level": one.level, "what": one.what, "remedy": one.remedy}
                for part, one in found
            ]
        )
    else:
        for part, one in found:
            line = Text.assemble((f"{one.level:<8}", COLOURS[one.level]), f"{part}: {one.what}")
            out.print(line, soft_wrap=True)
            if one.remedy:
                say(f"        {one.remedy}")
    if any(one.level == "error" for _, one in found):
        raise typer.Exit(1)


async def _examine(app: App) -> list[tuple[str, Finding]]:
    try:
        return await examine(app, clock.now())
    finally:
        for channel in app.channels.values():
            await channel.close()
