"""`digest config`: every setting and where its value comes from."""

from collections.abc import Iterator
from typing import Annotated

import typer

from digest.cli.common import Json, say_json, table, warn
from digest.services.admin import configuration
from digest.services.admin.configuration import Setting

PREAMBLE = """\
# Configuration

Each setting is read from its variable; else from the file that the variable with `_FILE` at its
end names, which is meant for secrets; else from a TOML file under its key; else it has its default.
The TOML file is `digest.toml` in the folder that the command is called from, or the one that
`DIGEST_CONFIG` names. Every relative path, in a setting or on the command line, begins in that
folder too, also with `./run digest`; a service does best with absolute ones. `digest config` prints
all settings and where each value comes from; secrets are not shown. A wrong value is refused at the
start, and an unknown name is warned of.

This page is made by `digest config --markdown`.
"""


def config(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the reference, docs/configuration.md.")
    ] = False,
    json: Json = False,
) -> None:
    """Show every setting and where its value comes from. Secrets are not shown."""
    if markdown:
        print("\n".join(reference()))
        return
    found = configuration.in_force()
    if json:
        say_json(
            [
                {"variable": one.setting.variable, "value": one.value, "source": one.source}
                for one in found
            ]
        )
    else:
        for title in dict.fromkeys(one.group for one in found):
            mine = [one for one in found if one.group == title]
            rows = [[one.setting.variable, one.value, one.source] for one in mine]
            table(title, ["setting", "value", "from"], rows)
    for warning in configuration.unknown():
        warn(warning)


def reference() -> Iterator[str]:
    """The lines of docs/configuration.md; they don't depend on this machine's settings."""
    yield PREAMBLE
    for title, settings in configuration.reference().items():
        yield f"## {title}\n"
        yield "| variable | TOML key | default | meaning |"
        yield "| --- | --- | --- | --- |"
        for one in settings:
            yield _row(one)
        yield ""


def _row(one: Setting) -> str:
    default = f"`{one.default}`" if one.default else "none"
    meaning = one.meaning.replace("|", "\\|")
    return f"| `{one.variable}`<br>`{one.variable}_FILE` | `{one.key}` | {default} | {meaning} |"
