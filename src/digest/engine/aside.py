"""Work in a thread that holds up nobody's exit."""

import asyncio
import threading
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], T], name: str = "work") -> T:
    """Runs `work` in a thread of its own and returns what it does.

    For what may end at any moment without harm, as it would by kill -9: a process that ends waits
    for no such thread, as it would for the threads of asyncio.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[T] = loop.create_future()
    context = copy_context()

    def run() -> None:
        try:
            settle = partial(ended.set_result, context.run(work))
        except BaseException as error:  # also a panic of a library that isn't Python
            settle = partial(ended.set_exception, error)
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, ended, settle)

    threading.Thread(target=run, daemon=True, name=name).start()
    return await ended


def _settle(ended: asyncio.Future[T], settle: Callable[[], None]) -> None:
    if not ended.done():  # else nobody waits any more
        settle()
