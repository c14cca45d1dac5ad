"""The processes of one installation on PostgreSQL, and a supervisor that starts again what was
killed, and nothing else."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

DIGEST = str(Path(sys.executable).with_name("digest"))
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Cluster:
    """Processes by name: `worker-1`, `scheduler`; each with a log of its own in `folder`."""

    folder: Path
    settings: Mapping[str, str]
    commands: dict[str, tuple[str, ...]] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> None:
        """Starts it; without a `command` that by which it was started before."""
        self.commands.setdefault(name, command)
        kept = {one: os.environ[one] for one in ("PATH", "HOME") if one in os.environ}
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [DIGEST, *self.commands[name]],
                cwd=self.folder,
                env=kept | dict(self.settings),
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> int:
        """kill -9; returns the number that the process had."""
        process = self.processes[name]
        process.kill()
        process.wait()
        return process.pid

    def ended(self) -> list[str]:
        """Those that ended, whoever killed them."""
        return [name for name, one in self.processes.items() if one.poll() is not None]

    def named(self, kind: str) -> list[str]:
        return sorted(name for name in self.processes if name.startswith(kind))

    def busiest(self, kind: str, since: Mapping[str, float]) -> str:
        """The process of that kind which has taken most of the processor `since`."""
        now = self.taken()
        return max(self.named(kind), key=lambda name: now[name] - since.get(name, 0.0))

    def taken(self) -> dict[str, float]:
        """Seconds of processor that each has taken."""
        return {name: _cpu(one.pid) for name, one in self.processes.items()}

    def said(self) -> str:
        """The last lines of all logs."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"{one.name}: {line}" for one in logs for line in _last(one, 12))


@contextmanager
def cluster(folder: Path, settings: Mapping[str, str]) -> Iterator[Cluster]:
    """None of its processes outlives the block."""
    found = Cluster(folder, settings)
    try:
        yield found
    finally:
        for process in found.processes.values():
            process.send_signal(signal.SIGKILL)
            process.wait()


def wait_for(true: Callable[[], object], what: str, seconds: float) -> None:
    """
    Raises:
        TimeoutError: it did not come.
    """
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds:.0f} s")
        time.sleep(0.02)


def moments(dice: random.Random, count: int, span: float) -> list[float]:
    """Seconds after which something is killed: one in each part of `span`, in any order."""
    found = [(number + dice.random()) * span / count for number in range(count)]
    dice.shuffle(found)
    return found


def _cpu(pid: int) -> float:
    try:
        values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return 0.0
    return (int(values[11]) + int(values[12])) / TICKS


def _last(log: Path, count: int) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-count:]
