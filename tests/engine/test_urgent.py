"""What is urgent goes first, and is waited for with patience that ends."""

import asyncio
import threading

import pytest

from digest.engine import urgent
from digest.engine.urgent import Urgent


async def test_who_lets_pass_waits_until_the_last_one_has_passed() -> None:
    first = Urgent()
    await first.passes()  # nothing is under way
    with first.going_first():
        with first.going_first():
            waiting = asyncio.create_task(first.passes())
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert first.under_way
        assert not waiting.done()
    await asyncio.wait_for(waiting, 5)
    assert not first.under_way


async def test_threads_wait_as_well() -> None:
    first = Urgent()
    with first.going_first():
        thread = threading.Thread(target=first.passes_thread)
        thread.start()
        thread.join(0.05)
        assert thread.is_alive()
    await asyncio.to_thread(thread.join, 5)
    assert not thread.is_alive()


async def test_nobody_waits_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urgent, "PASSING", 0.01)
    first = Urgent()
    with first.going_first():
        await first.passes()
        await asyncio.to_thread(first.passes_thread)
        assert first.under_way


async def test_what_is_expected_goes_first_until_it_is_expected_no_more() -> None:
    first = Urgent()
    for _ in range(5):
        first.expect(0.05)
        await asyncio.sleep(0.02)
        assert first.under_way
    with first.going_first():
        await asyncio.sleep(0.1)
        assert first.under_way
    assert not first.under_way
    await asyncio.wait_for(first.passes(), 5)
