"""The shape of every command: plain help, no tracebacks of Typer's own, a quick start."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from typer.core import TyperGroup


def typer_app(help_text: str, cls: type[TyperGroup] = TyperGroup) -> typer.Typer:
    """A command group in our style."""
    return typer.Typer(
        help=help_text,
        cls=cls,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


@contextmanager
def loading() -> Iterator[None]:
    """While libraries are loaded no garbage is looked for, neither then nor at the end in what
    they left: there is none, and it would take a third of a short command's time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
