"""Lists for IN (...): databases limit how many values one statement may carry."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
SIZE = 900  # SQLite before 3.32 takes 999 values a statement


def chunks(values: Iterable[T], size: int = SIZE) -> Iterator[list[T]]:
    """`values` in lists of at most `size`."""
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part
