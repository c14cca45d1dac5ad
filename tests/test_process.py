"""A process that stays."""

import gc
from collections.abc import Iterator

import pytest

from digest.process import collect_seldom


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_a_page_of_readers_is_not_searched_for_garbage_again_and_again() -> None:
    def rounds() -> int:
        return sum(generation["collections"] for generation in gc.get_stats())

    collect_seldom()
    before = rounds()
    page = [[number] for number in range(50_000)]
    assert rounds() - before <= 3, "Python's own way makes 70"
    assert len(page) == 50_000
