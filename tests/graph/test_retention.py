"""What is kept, what is let go, and what is found although it was let go (G23, G34)."""

from __future__ import annotations

import asyncio
import gc
import random
import weakref

import pytest

from fusionrt import ComputeOptions
from fusionrt.graph import Function
from fusionrt.testing import run
from tests.sizes import size

from .lab import TEST, Lab, settled

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
    before = function.bodies
    for number in hot:
        await function.fetch((number,))
    assert function.bodies - before <= 2
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
    runs = leaf.bodies
    for number in range(2 * LIMIT):
        await leaf.fetch((number,))
    assert leaf.bodies == runs
    function.invalidate((), TEST)
    for number in range(2 * LIMIT, 4 * LIMIT):
        await leaf.fetch((number,))
    assert lab.graph.room.size <= LIMIT


async def test_G34_what_comes_beside_what_is_pinned_goes_again() -> None:
    """Though a hand walks far to find it; and so does what is pinned no longer, as others come."""
    lab, many = Lab(max_computeds=LIMIT), 30 * LIMIT
    lab.graph.events.handlers = ()
    leaf, beside = lab.function("leaf", square), lab.function("beside", square)

    async def total() -> int:
        return sum([int(await leaf.fetch((number,))) for number in range(many)])

    function = lab.function("total", total)
    await function.fetch(())
    for number in range(many):
        await leaf.fetch((many + number,))
        await beside.fetch((number,))
    assert lab.graph.room.size - many < many / 10
    assert function.peek(()) is not None
    function.invalidate((), TEST)
    for number in range(many, many + many // 4):
        await beside.fetch((number,))
    assert lab.graph.room.size <= LIMIT


async def test_G34_what_comes_beside_what_is_all_in_use_does_not_pile_up() -> None:
    """Each use has left a mark, which a hand has to take before it may let go."""
    lab, many = Lab(max_computeds=50 * LIMIT), 50 * LIMIT
    lab.graph.events.handlers = ()
    function = lab.function("f", square)
    for _ in range(2):
        for number in range(many):
            await function.fetch((number,))
    for number in range(many, 3 * many):
        await function.fetch((number,))
        assert lab.graph.room.size < 1.05 * many


async def test_G34_what_was_pinned_once_leaves_no_room() -> None:
    """Its place is not taken by others when it is gone."""
    lab, many = Lab(max_computeds=LIMIT), 30 * LIMIT
    lab.graph.events.handlers = ()
    leaf = lab.function("leaf", square)

    async def total() -> int:
        return sum([int(await leaf.fetch((number,))) for number in range(many)])

    await lab.function("total", total).fetch(())
    lab.graph.invalidate_all(TEST)
    for number in range(many):
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
    runs = function.bodies
    assert await function.computed((0,)) is held
    assert function.table[(0,)] is held
    assert function.bodies == runs


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
        assert spared.bodies == LIMIT // 2
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


async def test_G31_prune_lets_everything_go_that_nobody_holds() -> None:
    """Layer by layer; what is held stays with what it was made from, and nothing is invalidated."""
    lab = Lab()
    leaf = lab.function("leaf", square)

    async def body(number: int) -> int:
        return int(await leaf.fetch((number,))) + int(await leaf.fetch((number + 1,)))

    sums = lab.function("sums", body)
    held = await sums.computed((0,))
    for number in range(100):
        await sums.fetch((number,))
    lab.took()
    assert lab.graph.prune() == 201
    assert lab.graph.room.size == 0 and not leaf.table and not sums.table
    assert not any(line.startswith("invalidated") for line in lab.took())
    assert held.is_consistent and sums.peek((0,)) is held
    assert len(lab.graph.statistics().methods) == 2 and lab.graph.statistics().held == 3
    leaf.invalidate((1,), TEST)
    assert not held.is_consistent
    del held
    gc.collect()
    assert lab.graph.statistics().held == 0


@pytest.mark.parametrize("way", ["pruned", "crowded out"])
def test_G25_what_waits_for_the_end_of_its_delay_may_be_let_go(way: str) -> None:
    """What it was made from is invalidated by then. While somebody holds it, it is still found, and
    invalidated when its delay is over.
    """

    async def main() -> None:
        lab = Lab(max_computeds=4)
        lab.data = dict.fromkeys("abcdefghijkl", 1)
        leaf = lab.leaf("leaf")

        async def body(key: str) -> int:
            return int(await leaf.fetch((key,)))

        options = ComputeOptions(invalidation_delay=5.0)
        late = Function(lab.graph, "late", body, options=options)
        held = await late.computed(("a",))
        lab.data["a"] = 2
        leaf.invalidate(("a",), TEST)
        if way == "pruned":
            assert lab.graph.prune() == 1
        else:
            for key in "bcdefghijkl":
                await late.fetch((key,))
                leaf.invalidate((key,), TEST)
        assert ("a",) not in late.table and late.find(("a",)) is held
        assert await late.fetch(("a",)) == 1
        assert ("a",) in late.table and held.is_consistent
        await asyncio.sleep(6)
        assert not held.is_consistent
        assert await late.fetch(("a",)) == 2

    run(main(), seed=0)


def test_G23_prune_spares_what_min_cache_holds() -> None:
    """And that which runs, with what it has used."""

    async def main() -> None:
        lab = Lab()
        spared = Function(lab.graph, "s", square, options=ComputeOptions(min_cache=60.0))
        leaf = lab.leaf("leaf")
        lab.data["a"] = 1

        async def body() -> int:
            value = int(await leaf.fetch(("a",)))
            await asyncio.sleep(1)
            return value

        slow = lab.function("slow", body)
        await spared.fetch((1,))
        call = asyncio.ensure_future(slow.fetch(()))
        await asyncio.sleep(0.5)
        assert lab.graph.prune() == 0
        assert await call == 1
        assert lab.graph.prune() == 2
        await asyncio.sleep(61)
        assert lab.graph.prune() == 1

    run(main(), seed=0)


@pytest.mark.search
async def test_G35_a_chain_100_000_deep_is_pruned() -> None:
    """Without recursion, in the engine or in the collector."""
    depth, lab = size(20_000, 100_000), Lab(max_computeds=200_000)

    async def body(number: int) -> int:
        return 1 + int(await chain.fetch((number - 1,))) if number else 1

    lab.graph.events.handlers = ()
    chain = lab.function("chain", body)
    assert await chain.fetch((depth - 1,)) == depth
    await settled()  # the tasks that it took are forgotten
    assert lab.graph.prune() == depth
    assert not chain.table and not chain.weak
