"""What is kept, what is let go, and what is found although it was let go (G23, G34)."""

from __future__ import annotations

import asyncio
import gc
import random
import weakref

from fusionrt import ComputeOptions
from fusionrt.graph import Function
from fusionrt.testing import run

from .lab import TEST, Lab

LIMIT = 100


async def square(number: int) -> int:
    """Something to keep."""
    return number * number


async def test_G34_ten_times_more_keys_than_the_bound() -> None:
    """Under a mixed load the bound holds, hot keys stay, and watched keys are still invalidated."""
    lab = Lab(max_computeds=LIMIT)
    lab.graph.events.handlers = ()
    versions = [0] * 10 * LIMIT

    async def body(number: int) -> int:
        return versions[number]

    function = lab.function("f", body)
    watched = [await function.computed((number,)) for number in range(0, len(versions), 50)]
    pick = random.Random(1)
    hot = range(1, 20)
    for _ in range(5_000):
        await function.fetch((pick.randrange(len(versions)),))
        await function.fetch((pick.choice(hot),))
        assert lab.graph.room.size <= LIMIT
    before = function.runs
    for number in hot:
        await function.fetch((number,))
    assert function.runs - before <= 2
    assert lab.graph.room.evicted > 1_000
    for number, computed in zip(range(0, len(versions), 50), watched, strict=True):
        assert computed.is_consistent
        assert function.peek((number,)) is computed
        versions[number] += 1
        function.invalidate((number,), TEST)
        assert not computed.is_consistent
        assert await function.fetch((number,)) == 1


async def test_G34_what_is_let_go_and_not_held_is_collected() -> None:
    """Nothing refers to it any more, not even what it was made from."""
    lab = Lab(max_computeds=LIMIT)
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")

    async def body(number: int) -> int:
        return number + int(await leaf.fetch(("a",)))

    function = lab.function("f", body)
    first = weakref.ref(await function.computed((0,)))
    for number in range(1, 3 * LIMIT):
        await function.fetch((number,))
    gc.collect()
    assert first() is None
    bottom = await leaf.computed(("a",))
    assert not bottom._weak_dependants


async def test_G34_what_others_were_made_from_is_pinned() -> None:
    """Its dependants keep it, beyond the bound if need be; without them it goes."""
    lab = Lab(max_computeds=LIMIT)
    leaf = lab.function("leaf", square)

    async def total() -> int:
        return sum([int(await leaf.fetch((number,))) for number in range(2 * LIMIT)])

    function = lab.function("total", total)
    await function.fetch(())
    assert lab.graph.room.size == 2 * LIMIT + 1
    runs = leaf.runs
    for number in range(2 * LIMIT):
        await leaf.fetch((number,))
    assert leaf.runs == runs
    function.invalidate((), TEST)
    for number in range(2 * LIMIT, 4 * LIMIT):
        await leaf.fetch((number,))
    assert lab.graph.room.size <= LIMIT


async def test_G34_a_held_result_is_invalidated_through_what_it_was_made_from() -> None:
    """It was let go; the invalidation of its dependency reaches it all the same."""
    lab = Lab(max_computeds=LIMIT)
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")

    async def body(number: int) -> int:
        return number + int(await leaf.fetch(("a",)))

    function = lab.function("f", body)
    held = await function.computed((0,))
    told: list[int] = []
    held.on_invalidated(lambda _: told.append(1))
    for number in range(1, 3 * LIMIT):
        await function.fetch((number,))
    assert function.table.get((0,)) is None and held.is_consistent
    leaf.invalidate(("a",), TEST)
    assert not held.is_consistent and told == [1]


async def test_G34_a_held_result_that_is_used_again_is_kept_again() -> None:
    """It is the same one: nothing is computed."""
    lab = Lab(max_computeds=LIMIT)
    function = lab.function("f", square)
    held = await function.computed((0,))
    for number in range(1, 3 * LIMIT):
        await function.fetch((number,))
    runs = function.runs
    assert await function.computed((0,)) is held
    assert function.table[(0,)] is held
    assert function.runs == runs


def test_G23_min_cache_holds_up_to_the_bound_and_slides() -> None:
    """Spared while others can go; not at the price of the bound; free again after its time."""

    async def main() -> None:
        lab = Lab(max_computeds=LIMIT)
        lab.graph.events.handlers = ()
        spared = Function(lab.graph, "s", square, options=ComputeOptions(min_cache=60.0))
        plain = lab.function("p", square)
        for number in range(LIMIT // 2):
            await spared.fetch((number,))
        for number in range(LIMIT // 2):
            assert await spared.fetch((number,)) == number * number
        for number in range(5 * LIMIT):
            await plain.fetch((number,))
        assert spared.runs == LIMIT // 2
        assert len(spared.table) == LIMIT // 2
        for number in range(5 * LIMIT):
            await spared.fetch((number,))
        assert lab.graph.room.size <= LIMIT
        await asyncio.sleep(120)
        for number in range(5 * LIMIT, 10 * LIMIT):
            await plain.fetch((number,))
        assert len(spared.table) < LIMIT

    run(main(), seed=0)


def test_G23_the_call_that_computes_is_a_use() -> None:
    """A result that was never read again is spared as well, until its time is over."""

    async def main() -> None:
        lab = Lab(max_computeds=LIMIT)
        lab.graph.events.handlers = ()
        await asyncio.sleep(1_000)
        spared = Function(lab.graph, "s", square, options=ComputeOptions(min_cache=60.0))
        plain = lab.function("p", square)
        for number in range(LIMIT - 20):
            await spared.fetch((number,))
        for number in range(5 * LIMIT):
            await plain.fetch((number,))
        assert len(spared.table) == LIMIT - 20

    run(main(), seed=0)
