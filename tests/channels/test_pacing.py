"""Messages keep to the provider's rates, in order, and nobody waits for somebody else's ban."""

import asyncio
import itertools
from time import monotonic

import pytest

from digest.channels.pacing import Pacer

LATE = 0.15  # a busy machine wakes a sleeper this much too late


async def timed_turns(pacer: Pacer, *addresses: str) -> list[tuple[str, float]]:
    """(address, seconds from the start) in the order in which the turns came."""
    start, turns = monotonic(), []

    async def one(address: str) -> None:
        await pacer.turn(address)
        turns.append((address, monotonic() - start))

    await asyncio.gather(*(one(address) for address in addresses))
    return turns


async def test_turns_at_one_address_are_spaced_and_in_order() -> None:
    pacer, seen, start = Pacer(None, 10), [], monotonic()

    async def one(number: int) -> None:
        await pacer.turn("C1")
        seen.append((number, monotonic() - start))

    await asyncio.gather(*(one(number) for number in range(4)))
    assert [number for number, _ in seen] == [0, 1, 2, 3]
    times = [at for _, at in seen]
    assert all(later - earlier >= 0.099 for earlier, later in itertools.pairwise(times))


async def test_different_addresses_do_not_wait_for_each_other() -> None:
    turns = await timed_turns(Pacer(None, 1), "C1", "C2", "C3")
    assert all(at < LATE for _, at in turns)


async def test_the_overall_rate_holds_over_all_addresses() -> None:
    turns = await timed_turns(Pacer(50, 1), *(f"C{number}" for number in range(21)))
    assert 0.395 <= turns[-1][1] < 0.4 + LATE


async def test_a_held_address_waits_and_the_others_flow() -> None:
    pacer = Pacer(100, None)
    pacer.hold("banned", 0.3)
    turns = dict(await timed_turns(pacer, "banned", "C1", "C2"))
    assert turns["banned"] >= 0.299
    assert max(turns["C1"], turns["C2"]) < LATE


async def test_a_hold_for_everybody_holds_everybody() -> None:
    pacer = Pacer(None, None)
    pacer.hold(None, 0.2)
    assert all(at >= 0.199 for _, at in await timed_turns(pacer, "C1", "C2"))


async def test_one_can_ask_how_long_a_hold_lasts_without_waiting() -> None:
    pacer = Pacer(None, None)
    assert pacer.held("C1") == 0
    pacer.hold("C1", 3600)
    pacer.hold(None, 60)
    assert 3599 < pacer.held("C1") <= 3600
    assert 59 < pacer.held("C2") <= 60


async def test_a_hold_reaches_those_who_already_wait() -> None:
    pacer = Pacer(10, None)
    await pacer.turn("C1")
    waiting = asyncio.create_task(pacer.turn("C1"))
    await asyncio.sleep(0.01)
    pacer.hold("C1", 0.3)
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await waiting


async def test_a_shorter_hold_does_not_lift_a_longer_one() -> None:
    pacer = Pacer(None, None)
    pacer.hold("C1", 0.3)
    pacer.hold("C1", 0.01)
    assert (await timed_turns(pacer, "C1"))[0][1] >= 0.299


async def test_who_gives_up_waiting_leaves_the_turn_to_the_next() -> None:
    pacer = Pacer(None, 5)
    await pacer.turn("C1")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pacer.turn("C1"), 0.02)
    assert (await timed_turns(pacer, "C1"))[0][1] < 0.2 + LATE


async def test_idle_addresses_are_forgotten_and_held_ones_are_not() -> None:
    pacer = Pacer(None, None)
    pacer.hold("banned", 60)
    for number in range(3000):
        await pacer.turn(f"C{number}")
    assert len(pacer._lanes) <= 1025
    assert "banned" in pacer._lanes
