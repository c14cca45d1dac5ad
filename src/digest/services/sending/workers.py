"""Workers: who has a Delivery in hand, and whether that one is still alive."""

import itertools
import os
import socket
from pathlib import Path


def _where() -> str:
    """Where numbers of processes mean the same: this start of this machine, in this container.

    Containers may share a name, and see none of each other's processes.
    """
    try:
        start = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        inside = Path("/proc/self/ns/pid").stat().st_ino
    except OSError:  # no Linux
        return socket.gethostname()
    return f"{socket.gethostname()}/{start[:8]}/{inside}"


_HOST = _where()
_START = os.urandom(4).hex()  # of this process: a restart may get the same number again
_numbers = itertools.count(1)


def worker_name() -> str:
    """A name that no other worker has, now or after a restart."""
    return f"{_HOST}:{os.getpid()}:{_START}:{next(_numbers)}"


def gone(name: str) -> bool:
    """Whether the worker's process ran on this machine and has surely ended.

    Of another machine nobody knows: its leases end by themselves.
    """
    try:
        host, number, start, _ = name.rsplit(":", 3)
        pid = int(number)
    except ValueError:
        return False
    if host != _HOST:
        return False
    if pid == os.getpid():
        return start != _START
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # somebody else's process
    return False
