"""`digest preview`: shows the message a Subscriber would get."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from digest import clock
from digest.cli.common import Json, day, open_app, say, write_file
from digest.services.planning.preview import preview as make


def preview(
    subscriber: Annotated[str, typer.Argument(help="Key, name or address of a subscriber.")],
    on: Annotated[
        str | None, typer.Option("--date", help="Local date of the digest; today without it.")
    ] = None,
    channel: Annotated[str, typer.Option("--channel", help="email, slack or telegram.")] = "email",
    to_file: Annotated[
        Path | None, typer.Option("--out", help="Write the message as it would be sent.")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--browser", help="Open it in a browser.")] = False,
    json: Json = False,
) -> None:
    """Show the digest of a date as one subscriber would get it. Nothing is stored or sent."""
    app = open_app()
    shown = make(app, subscriber, day(on) if on else None, channel, clock.now())
    suffix, data = app.channels[channel].preview(shown.message)
    if json:
        print(shown.content.model_dump_json(indent=2))
    elif to_file is not None:
        write_file(to_file, data)
        say(f"Written to {to_file} ({len(data):,} bytes, {suffix}).")
    elif open_browser:
        path = Path(f"digest-preview{suffix}").resolve()
        write_file(path, data)
        webbrowser.open(path.as_uri())
        say(f"Opened {path}.")
    else:
        print(shown.message.text)
