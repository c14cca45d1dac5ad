"""What all commands share: the App, options that are the same everywhere, output."""

import json
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from digest import clock
from digest.bootstrap import build
from digest.services.app import App
from digest.services.logs import configure_logs

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
Now = Annotated[
    str | None,
    typer.Option("--now", help="Act as if it were this ISO 8601 time.", metavar="TIME"),
]
Limit = Annotated[int, typer.Option("--limit", help="Print at most this many rows.", min=1)]

out = Console()
err = Console(stderr=True)


def typer_app(help_text: str) -> typer.Typer:
    """A command group in our style: plain help, no tracebacks of Typer's own."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


def open_app() -> App:
    """The App of this installation, with logging set up."""
    app = build()
    configure_logs(app.settings.log_level, app.settings.log_format)
    return app


def instant(now: str | None) -> datetime:
    """The time of `--now`, or the machine's."""
    return clock.parse_instant(now) if now else clock.now()


def say_json(value: Any) -> None:
    """Prints JSON, one value, readable."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """Prints a table; without rows a line that says so."""
    if not rows:
        out.print(f"{title}: none")
        return
    shown = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*("" if cell is None else str(cell) for cell in row))
    out.print(shown)


def progress(quiet: bool) -> Progress:
    """A progress bar on standard error; nothing when `quiet` or when nobody looks."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=err,
        transient=True,
        disable=quiet or not err.is_terminal,
    )
