"""Starting: quick, and with only what a command needs."""

import re
import resource
import subprocess
import sys

import pytest
from shell import PROGRAM, Shell

from digest.cli.root import COMMANDS, load

CPU_SECONDS = 0.7
UNHURRIED = 2  # a busy machine's processor seconds are longer; the bound must hold there too


def cpu_of(shell: Shell, *args: str) -> float:
    """The least processor seconds of two starts."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [PROGRAM, *args],
            cwd=shell.folder,
            env=shell.environment(),
            capture_output=True,
            check=False,
            timeout=60,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(once() for _ in range(2))


@pytest.mark.parametrize("args", [("--help",), ("why", "nobody", "nothing")], ids=" ".join)
def test_a_command_starts_quickly(shell: Shell, args: tuple[str, ...]) -> None:
    assert cpu_of(shell, *args) < CPU_SECONDS * UNHURRIED


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
