"""`digest demo`: a day of this service on one machine, and a page that shows every message."""

import asyncio
import tempfile
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from digest import clock
from digest.cli.common import day, err, note, progress, say, table
from digest.demo.play import Programme, faults, play
from digest.demo.stage import Stage, stage
from digest.errors import DigestError
from digest.services.admin.logs import configure_logs
from digest.standins.server import free_port
from digest.web.app import create
from digest.web.inbox import Inbox


def demo(
    once: Annotated[bool, typer.Option("--once", help="End when everything is delivered.")] = False,
    port: Annotated[
        int, typer.Option("--port", help="Port of the inbox page.", min=0, max=65535)
    ] = 8025,
    on: Annotated[
        str | None, typer.Option("--date", help="The day to play; today without it.")
    ] = None,
) -> None:
    """Play a day of news: digests, a breaking alert, an update and a correction.

    Needs no account and nothing installed: mail, Slack and Telegram are stand-ins on this machine.
    """
    configure_logs("warning", "text")
    today = day(on) if on else clock.now().date()
    wanted, port = port, free_port(port)
    with (
        tempfile.TemporaryDirectory(prefix="digest-demo-") as folder,
        stage(Path(folder), f"http://127.0.0.1:{port}") as set_stage,
    ):
        programme = _play(set_stage, today)
        _tell(set_stage, programme)
        wrong = faults(set_stage, programme)
        if wrong:
            raise DigestError("the demo failed: " + "; ".join(wrong))
        if once:
            say("Run ./run demo without --once to look at the messages.")
        else:
            taken = f"port {wanted} is in use; " if wanted not in (0, port) else ""
            _show(set_stage, programme, port, taken)


def _play(set_stage: Stage, today: date) -> Programme:
    with progress(quiet=False) as bar:
        task = bar.add_task("Playing the day", total=None)

        said = 0

        def tell(what: str, done: int, total: int) -> None:
            nonlocal said
            bar.update(task, completed=done, total=total, description=f"Playing the day, {what}")
            if not err.is_terminal and set_stage.messages != said:  # where no bar is seen
                said = set_stage.messages
                count = f"{said} message" if said == 1 else f"{said} messages"
                note(f"Playing the day, {what}: {count} so far ({done} of {total} scenes)")

        return asyncio.run(play(set_stage, today, tell))


def _tell(set_stage: Stage, programme: Programme) -> None:
    made, arrived = programme.deliveries.total(), set_stage.messages
    rewrote = f"; {made - arrived} of them rewrote one that was there" if made > arrived else ""
    say(
        f"Played {programme.day}: {programme.events.new} events, {programme.events.revised}"
        f" revisions. {made} deliveries made {arrived} messages{rewrote}."
    )
    table(
        "Deliveries",
        ["kind", "channel", "state", "count"],
        [*([*key, n] for key, n in sorted(programme.deliveries.items())), ["all", "", "", made]],
    )


def _show(set_stage: Stage, programme: Programme, port: int, taken: str = "") -> None:
    """Serves the inbox until Ctrl-C; `taken` says why it isn't on the port that was asked for."""
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
    say(f"\nThe inbox: http://127.0.0.1:{port}/inbox   ({taken}Ctrl-C ends it)")
    server.run()
    err.print("Bye.")
