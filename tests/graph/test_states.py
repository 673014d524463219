"""Values outside of services: `MutableState`, `computed(…)`, `ComputedState`; and `when`."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from fusionrt import (
    Computed,
    ComputedState,
    ComputeOptions,
    FixedDelayer,
    MutableState,
    NotBoundError,
    OriginKind,
    ServiceDisposed,
    computed,
    current,
    running_graph,
)
from fusionrt.testing import SeededLoop, run

from .lab import settled


class Busy(ConnectionError):
    """A transient error."""


def doubled(state: MutableState[int]) -> Callable[[], Awaitable[int]]:
    """A body that is made from a state."""

    async def body() -> int:
        value = await state.use()
        if value < 0:
            raise ValueError(value)
        if value == 0:
            raise Busy
        return 2 * value

    return body


def now() -> float:
    """The virtual time."""
    return asyncio.get_running_loop().time()


# -- computed(…) --


async def test_an_ad_hoc_node_is_cached_tracked_and_invalidatable() -> None:
    """As a compute method is, without a service."""
    state = MutableState(1, name="n")
    node = computed(doubled(state), name="twice")
    assert node.peek() is None
    assert await node.use() == await node.use() == 2
    made = await node.computed()
    assert made.key == "twice()" and node.peek() is made

    async def over() -> int:
        return 1 + await node.use()

    above = computed(over)
    assert await above.use() == 3
    state.set(5)
    assert not made.is_consistent and await above.use() == 11
    node.invalidate()
    origin = (await node.computed()).origin
    assert origin is None and node.peek() is not None
    stale = await above.computed()
    node.invalidate()
    assert stale.origin is not None and stale.origin.kind is OriginKind.CALL
    assert stale.origin.detail.startswith("invalidated at test_states.py:")


def test_an_ad_hoc_node_takes_the_options_of_compute_methods() -> None:
    """It expires by itself, and consolidates."""

    async def main() -> None:
        counter = 0

        async def count() -> int:
            nonlocal counter
            counter += 1
            return counter // 2

        expiring = computed(count, options=ComputeOptions(auto_invalidate=5.0))
        made = await expiring.computed()
        await made.invalidated()
        assert now() == 5.0
        steady = computed(count, options=ComputeOptions(consolidate=1.0))
        kept = await steady.computed()
        assert kept.value == 1 and counter == 2
        steady.invalidate()
        await asyncio.sleep(2)
        assert counter == 3 and kept.is_consistent

    run(main(), seed=0)


async def test_G31_a_node_that_is_dropped_is_collected_and_counts_as_invalidated() -> None:
    """Although it was made from what stays, and something was made from it."""
    state = MutableState(1)
    node = computed(doubled(state))

    async def over() -> int:
        return await held[0].use()

    held = [node]
    above = computed(over)
    made = await above.computed()
    gone = weakref.ref(node)
    held.clear()
    del node
    gc.collect()
    assert gone() is None
    assert made.origin is not None and made.origin.kind is OriginKind.DISPOSED


def test_a_node_joins_the_graph_of_the_loop_that_runs() -> None:
    """Nothing that was cached in another loop is served."""
    state = MutableState(1)
    node = computed(doubled(state))
    assert asyncio.run(node.use()) == 2
    state.set(2)
    assert asyncio.run(node.use()) == 4


# -- when --


def test_when_waits_for_a_value() -> None:
    """On a computed, a state and a node; the first value that fits is returned, not a later one."""

    async def main() -> None:
        state = MutableState(1)
        node = computed(doubled(state))
        first = await node.computed()
        waiting = [
            asyncio.ensure_future(source.when(lambda value: value >= 6))
            for source in (first, node, state)
        ]
        await settled()
        for value, done in ((2, 0), (3, 2), (6, 3)):
            assert sum(waiter.done() for waiter in waiting) <= done
            state.set(value)
            await settled()
            assert sum(waiter.done() for waiter in waiting) == done
        assert [waiter.result().value for waiter in waiting] == [6, 6, 6]

    run(main(), seed=0)


def test_when_waits_transient_errors_out_and_raises_others() -> None:
    """Unless it is told to wait for these, too."""

    async def main() -> None:
        state = MutableState(0)
        node = computed(doubled(state))
        raising = asyncio.ensure_future(node.when(lambda value: value == 2))
        patient = asyncio.ensure_future(node.when(lambda value: value == 2, on_error="wait"))
        await asyncio.sleep(10)
        assert not raising.done() and not patient.done()
        state.set(-1)
        with pytest.raises(ValueError, match="-1"):
            await raising
        error = (await node.computed()).error
        assert error is not None and error.__traceback__ is None, "G22: it pins no frames"
        assert not patient.done()
        state.set(1)
        assert (await patient).value == 2

    run(main(), seed=0)


async def test_when_raises_what_the_predicate_raises() -> None:
    """A wrong predicate is no reason to wait."""
    with pytest.raises(ZeroDivisionError):
        await MutableState(0).when(lambda value: 1 // value == 1)


async def test_when_always_raises_framework_errors() -> None:
    """They are never cached: to wait for the next value would be a busy loop."""

    async def body() -> int:
        raise ServiceDisposed("carts")

    with pytest.raises(ServiceDisposed):
        await computed(body).when(bool, on_error="wait")


def test_changes_of_a_computed_begin_with_the_latest() -> None:
    """It may be an old one."""

    async def main() -> None:
        state = MutableState(1)
        old = await state.computed()
        state.set(2)
        changes = old.changes()
        assert (await anext(changes)).value == 2
        state.set(3)
        state.set(4)
        assert (await anext(changes)).value == 4

    run(main(), seed=0)


# -- ComputedState --


def test_G28_a_computed_state_follows_what_it_was_made_from() -> None:
    """Its value is there at once, and is updated without anybody asking."""

    async def main() -> None:
        state = MutableState(1)
        async with ComputedState(doubled(state)) as twice:
            assert twice.value == 2
            state.set(2)
            assert await twice.use() == 4
            await settled()
            assert twice.value == 4
        state.set(3)
        await asyncio.sleep(1)
        assert twice.value == 4

    run(main(), seed=0)


def test_G28_an_invalidation_during_the_update_leads_to_another_one() -> None:
    """Under any schedule the last value arrives, in the state and with who follows it."""

    async def main() -> None:
        random = asyncio.get_running_loop().fusion_random  # type: ignore[attr-defined]
        source = MutableState(0)

        async def body() -> int:
            value = await source.use()
            await asyncio.sleep(random.choice((0, 0.1, 0.2)))
            return value

        async def follow() -> list[int]:
            return [update.value async for update in state.changes()]

        async with ComputedState(body, delayer=FixedDelayer(random.choice((0, 0.3)))) as state:
            follower = asyncio.ensure_future(follow())
            for value in range(1, 10):
                await asyncio.sleep(random.choice((0, 0.1, 0.4)))
                source.set(value)
            await asyncio.sleep(5)
            assert state.value == 9
        seen = await follower  # ends with the state (G29)
        assert seen[-1] == 9 and seen == sorted(set(seen))

    for seed in range(200):
        run(main(), seed=seed)


def test_G28_its_update_delayer_is_honoured() -> None:
    """A burst within the delay is one update; `use` does not wait for it."""

    async def main() -> None:
        state = MutableState(1)
        async with ComputedState(doubled(state), delayer=FixedDelayer(delay=2.0)) as twice:
            updates = twice.changes()
            assert (await anext(updates)).value == 2
            for value in (2, 3, 4):
                state.set(value)
                await asyncio.sleep(0.1)
            assert twice.value == 2
            assert await twice.use() == 8
            assert (await anext(updates)).value == 8
            assert now() == 2.0

    run(main(), seed=0)


def test_G28_retries_back_off() -> None:
    """Each wait after a transient error is longer, up to the longest; success ends that."""

    async def main() -> None:
        times: list[float] = []
        broken = True

        async def body() -> int:
            times.append(now())
            if broken:
                current().invalidate_in(0)
                raise Busy
            return 1

        async with ComputedState(body, delayer=FixedDelayer(max_retry=10.0)) as state:
            await asyncio.sleep(100)
            broken = False
            assert (await state.when(bool)).value == 1
        waits = [later - earlier for earlier, later in pairwise(times)]
        for index, wait in enumerate(waits):
            expected = min(2 ** (index / 2), 10.0)
            assert 0.9 * expected <= wait <= 1.1 * expected
        assert len(waits) > 12

    run(main(), seed=0)


def test_G28_an_error_that_lasts_is_no_reason_to_retry() -> None:
    """It is kept as long as errors are, and tried again then."""

    async def main() -> None:
        times: list[float] = []

        async def body() -> int:
            times.append(now())
            raise ValueError

        async with ComputedState(body) as state:
            await asyncio.sleep(70)
            with pytest.raises(ValueError):
                _ = state.value
        assert times == [0.0, 30.0, 60.0]

    run(main(), seed=0)


def test_G28_a_framework_error_is_retried_with_back_off() -> None:
    """It is not cached; a state of a service that is gone must not be a busy loop."""

    async def main() -> None:
        tries = 0

        async def body() -> int:
            nonlocal tries
            tries += 1
            raise ServiceDisposed("carts")

        async with ComputedState(body):
            await asyncio.sleep(100)
        assert 5 < tries < 20

    run(main(), seed=0)


def test_G29_a_state_ends_though_its_body_hides_the_cancellation() -> None:
    """So does `asyncio.gather`, when one of what it gathers fails as it is cancelled."""

    async def main() -> None:
        state = MutableState(0)

        async def part() -> None:
            try:
                await asyncio.sleep(1)
            finally:
                raise ServiceDisposed("parts")

        async def body() -> None:
            if await state.use():
                await asyncio.gather(part())

        async with ComputedState(body):
            state.set(1)
            await settled()

    run(main(), seed=0)


def test_changes_of_what_always_fails_are_not_a_busy_loop() -> None:
    """A framework error is not cached, so that each look at it runs the body again."""

    async def main() -> None:
        async def body() -> int:
            raise ServiceDisposed("carts")

        changes = computed(body).changes()
        times = [now() for _ in range(5) if (await anext(changes)).error is not None]
        waits = [later - earlier for earlier, later in pairwise(times)]
        assert [round(wait) for wait in waits] == [1, 1, 2, 3]

    run(main(), seed=0)


def test_a_very_long_row_of_failures_does_not_overflow() -> None:
    """The wait is the longest, for ever."""

    async def main() -> None:
        began = now()
        await FixedDelayer().wait(10_000)
        assert 54.0 <= now() - began <= 66.0

    run(main(), seed=0)


def test_G29_what_waits_for_a_state_ends_with_it() -> None:
    """Loops end, `when` raises, nothing is left behind."""

    async def main() -> None:
        state = MutableState(1)

        async def follow() -> list[Computed[int]]:
            return [update async for update in twice.changes()]

        async with ComputedState(doubled(state), name="twice") as twice:
            follower = asyncio.ensure_future(follow())
            waiter = asyncio.ensure_future(twice.when(lambda value: value == 100))
            await settled()
        assert len(await follower) == 1
        with pytest.raises(ServiceDisposed, match="twice"):
            await waiter
        for call in (twice.use, twice.changes):
            with pytest.raises(NotBoundError):
                result: Any = call()
                await result

    run(main(), seed=0)


def test_G29_a_state_whose_graph_is_closed_ends() -> None:
    """There is nothing to update any more, and no reason to complain."""

    async def main() -> None:
        async with ComputedState(doubled(MutableState(1))) as twice:
            running_graph().close()
            await settled()
            assert [update.value async for update in twice.changes()] == [2]

    run(main(), seed=0)


def test_a_state_that_cannot_go_on_says_so() -> None:
    """What its delayer raises is reported, and who follows it is not left waiting."""

    class Broken:
        async def wait(self, retries: int) -> None:
            raise LookupError("no delay")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SeededLoop)
        source = MutableState(1)
        async with ComputedState(doubled(source), delayer=Broken()) as state:
            source.set(2)
            assert [update.value async for update in state.changes()] == [2]
        (error,) = loop.unhandled
        assert isinstance(error, LookupError)
        loop.unhandled.clear()

    run(main(), seed=0)


async def test_a_state_is_entered_once() -> None:
    """Twice at a time makes no sense; before that it has no value."""
    state = ComputedState(doubled(MutableState(1)), name="twice")
    with pytest.raises(NotBoundError, match="async with"):
        _ = state.value
    async with state:
        with pytest.raises(NotBoundError):
            await state.__aenter__()
    async with state:
        assert state.value == 2
