"""Tasks and the Queue that carries them: one seam, in process or over PostgreSQL.

A task is a hint: what is to be done stands in the tables, and every task can be derived from them
again. So one that is lost costs seconds, and one that comes twice finds nothing left to do.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.orm import Session

ALERTS, DIGESTS, PLANS = "alerts", "digests", "plans"
SLOTS: Mapping[str, int] = {ALERTS: 8, DIGESTS: 8, PLANS: 1}
"""How many tasks of each queue one process works on at a time. None waits for another queue's: an
alert never waits for digests, nor sending for planning. Planning is computing: one at a time."""


@dataclass(frozen=True, slots=True)
class Task:
    """`kind` says what is to be done, `about` with what: ids and numbers that JSON can carry.

    Of those with the same `key` only one waits at a time; None: it is always put.
    """

    kind: str
    queue: str
    about: Mapping[str, Any] = field(default_factory=dict)
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Depth:
    """Of one queue: how many tasks wait, how many are being done, how long the oldest has waited
    (seconds)."""

    waiting: int = 0
    running: int = 0
    oldest: float = 0.0


Handler = Callable[[Mapping[str, Any]], Awaitable[None]]
"""Does the tasks of one kind; gets what they are `about`."""

Heard = Callable[[str], None]
"""Is told in the event loop of each queue that a task was put to which another process may do."""


class Queue(Protocol):
    """Tasks on their way. What goes wrong with a task concerns nobody else and is logged."""

    def put(self, session: Session, *tasks: Task) -> None:
        """Puts tasks with the session's transaction: nobody gets them before it commits, and none
        is left if it doesn't. Call it last in the transaction: a key is locked until its end."""
        ...

    async def offer(self, *tasks: Task) -> None:
        """Puts tasks now, in no transaction of anybody's."""
        ...

    async def run(
        self,
        handlers: Mapping[str, Handler],
        slots: Mapping[str, int],
        stop: Any,
        heard: Heard = lambda queue: None,
    ) -> None:
        """Does the tasks of the queues in `slots`, until the event `stop`; finishes what it
        began. `heard` is told of tasks of these queues, whoever does them, where there may be
        others to do so."""
        ...

    async def recover(self) -> int:
        """Puts again what workers that are dead had begun; returns how many."""
        ...

    async def prune(self) -> None:
        """Forgets tasks that ended long ago."""
        ...

    def depth(self, session: Session) -> Mapping[str, Depth]:
        """What waits and is being done, by queue; nothing where nobody asked yet."""
        ...

    async def close(self) -> None: ...
