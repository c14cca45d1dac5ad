"""`digest demo`: a day of this service on one machine, and a page that shows every message."""

import asyncio
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from digest import clock
from digest.cli.common import day, err, out, progress, table
from digest.demo.play import Programme, faults, play
from digest.demo.stage import Stage, stage
from digest.errors import DigestError
from digest.services.admin.logs import configure_logs
from digest.standins.server import free_port
from digest.web.app import create
from digest.web.inbox import Inbox


def demo(
    once: Annotated[bool, typer.Option("--once", help="End when everything is delivered.")] = False,
    port: Annotated[int, typer.Option("--port", help="Port of the inbox page.", min=0)] = 8025,
    on: Annotated[
        str | None, typer.Option("--date", help="The day to play; today without it.")
    ] = None,
) -> None:
    """Play a day of news: digests, a breaking alert, an update and a correction.

    Needs no account and nothing installed: mail, Slack and Telegram are stand-ins on this machine.
    """
    configure_logs("warning", "text")
    today = day(on) if on else clock.now().date()
    port = free_port(port)
    with (
        tempfile.TemporaryDirectory(prefix="digest-demo-") as folder,
        stage(Path(folder), f"http://127.0.0.1:{port}") as set_stage,
    ):
        programme = _play(set_stage, today)
        _tell(set_stage, programme)
        wrong = faults(set_stage, programme)
        if wrong:
            raise DigestError("the demo failed: " + "; ".join(wrong))
        if not once:
            _show(set_stage, programme, port)


def _play(set_stage: Stage, today: date) -> Programme:
    with progress(quiet=False) as bar:
        task = bar.add_task("Playing the day", total=None)

        def tell(what: str, done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, description=f"Playing the day, {what}")

        return asyncio.run(play(set_stage, today, tell))


def _tell(set_stage: Stage, programme: Programme) -> None:
    out.print(
        f"Played {programme.day}: {programme.events.new} events, {programme.events.revised}"
        f" revisions, {set_stage.messages} messages."
    )
    table(
        "Deliveries",
        ["kind", "channel", "state", "count"],
        [[*key, n] for key, n in sorted(programme.deliveries.items())],
    )


def _show(set_stage: Stage, programme: Programme, port: int) -> None:
    end = programme.reports[-1].now
    inbox = Inbox(
        emails=lambda: [mail.data for mail in set_stage.mail.mails],
        slack=set_stage.slack.messages,
        telegram=set_stage.telegram.messages,
    )
    server = uvicorn.Server(
        uvicorn.Config(
            create(set_stage.app, lambda: end, inbox=inbox),
            host="127.0.0.1",
            port=port,
            log_config=None,
            access_log=False,
        )
    )
    out.print(f"\nThe inbox: http://127.0.0.1:{port}/inbox   (Ctrl-C ends it)")
    server.run()
    err.print("Bye.")
