"""Starting: quick, and with only what a command needs."""

import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from shell import PROGRAM, Shell

from digest.cli.root import COMMANDS, load

NEEDED = (sys.executable, "-c", "import sqlalchemy.orm, typer")  # what no command does without
TIMES = 3  # what a command may take, set beside that
TRIES = 3


def cpu_of(shell: Shell, *command: str | Path) -> float:
    """The processor seconds of one start."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command,
        cwd=shell.folder,
        env=shell.environment(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("args", [("--help",), ("why", "nobody", "nothing")], ids=" ".join)
def test_a_command_starts_quickly(shell: Shell, args: tuple[str, ...]) -> None:
    """Processor seconds are longer on a busy machine: both are measured in turn, and compared."""
    pairs = [(cpu_of(shell, *NEEDED), cpu_of(shell, PROGRAM, *args)) for _ in range(TRIES)]
    needed, taken = (min(one) for one in zip(*pairs, strict=True))
    assert taken < TIMES * needed, pairs


def test_why_does_not_wait_for_providers_and_servers(shell: Shell) -> None:
    heavy = ("telegram", "slack_sdk", "aiohttp", "aiosmtplib", "uvicorn", "starlette", "alembic")
    code = (
        "import sys; sys.argv = ['digest', 'why', 'nobody', 'nothing']\n"
        "from digest.cli import main\n"
        "try: main()\n"
        f"finally: print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=shell.folder,
        env=shell.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_is(name: str) -> None:
    """The one line stands where it costs no import; it must not drift from the command's own."""
    command = load(name)
    wanted = set(re.findall(r"[a-z]{4,}", COMMANDS[name].line.lower()))
    assert wanted & set(re.findall(r"[a-z]{4,}", command.help.lower()))


def test_help_lists_every_command(shell: Shell) -> None:
    said = shell("--help").said
    for name, one in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(one.line)}$", said, re.MULTILINE)
