"""What a body comes to after its cancellation was asked for is nobody's result (G19, G20)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from operator import eq
from typing import Any

import pytest

from fusionrt.graph import ComputedState, Function
from tests.waiting import until

from .lab import TEST, Lab, settled


class Query:
    """A body whose first run is cut off; what it comes to then is up to `clean_up`."""

    def __init__(self, clean_up: Callable[[], Any]) -> None:
        self.runs = 0
        self._clean_up = clean_up

    async def __call__(self, *_: object) -> Any:
        self.runs += 1
        if self.runs > 1:
            await asyncio.sleep(0)
            return 7
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            return self._clean_up()


def fails() -> None:
    """As drivers do whose connection was taken away."""
    raise RuntimeError("connection is closed")


def fails_in_a_group() -> None:
    """As a TaskGroup does whose tasks fail while they are cancelled."""
    raise ExceptionGroup("unhandled", [RuntimeError("connection is closed")])


def returns() -> int:
    """As code does that swallows its cancellation."""
    return 0


async def cancel(call: Awaitable[Any]) -> None:
    """By hand."""
    task = asyncio.ensure_future(call)
    await settled()
    task.cancel()
    await task


async def time_out(call: Awaitable[Any]) -> None:
    """By `timeout`."""
    async with asyncio.timeout(0.01):
        await call


async def wait_for(call: Awaitable[Any]) -> None:
    """By `wait_for`."""
    await asyncio.wait_for(call, 0.01)


async def fail_beside(call: Awaitable[Any]) -> None:
    """By a task of the same group that fails."""

    async def fail() -> None:
        await settled()
        raise ValueError

    async with asyncio.TaskGroup() as group:
        group.create_task(fail())
        group.create_task(_awaited(call))


async def gathered(call: Awaitable[Any]) -> None:
    """By a `gather` that is cancelled."""
    await cancel(_awaited(asyncio.gather(_awaited(call))))


async def _awaited(call: Awaitable[Any]) -> Any:
    return await call


WAYS = [cancel, time_out, wait_for, fail_beside, gathered]


def chained(lab: Lab, body: Callable[..., Awaitable[Any]], depth: int) -> Function[Any]:
    """A function that reaches the body by so many others."""
    called = lab.function(f"f{depth}", body)
    for level in range(depth):

        async def through(inner: Function[Any] = called) -> Any:
            return await inner.fetch(())

        called = lab.function(f"f{depth - level - 1}", through)
    return called


@pytest.mark.parametrize("depth", [0, 3, 49])
@pytest.mark.parametrize("clean_up", [fails, fails_in_a_group, returns])
@pytest.mark.parametrize("way", WAYS)
async def test_G19_what_a_cancelled_body_comes_to_is_nobodys_result(
    way: Callable[[Awaitable[Any]], Awaitable[None]], clean_up: Callable[[], Any], depth: int
) -> None:
    """Whoever else waits gets a fresh body, and nothing of the old one is cached."""
    query = Query(clean_up)
    called = chained(Lab(), query, depth)

    async def impatient() -> None:
        with suppress(Exception, asyncio.CancelledError):
            await way(called.fetch(()))

    first = asyncio.create_task(impatient())
    await until(lambda: query.runs)
    others = [asyncio.create_task(called.fetch(())) for _ in range(3)]
    assert await asyncio.gather(*others) == [7, 7, 7]
    await first
    assert await called.fetch(()) == 7
    assert query.runs == 2


@pytest.mark.parametrize("clean_up", [fails, returns])
@pytest.mark.parametrize("way", WAYS)
async def test_G20_a_call_after_the_cancelled_body_runs_a_fresh_one(
    way: Callable[[Awaitable[Any]], Awaitable[None]], clean_up: Callable[[], Any]
) -> None:
    """Also where nobody else waited; its computed is not served either."""
    query = Query(clean_up)
    called = Lab().function("f", query)
    with suppress(Exception, asyncio.CancelledError):
        await way(called.fetch(()))
    assert called.peek(()) is None and not called.table
    assert await called.fetch(()) == 7 and await called.fetch(()) == 7
    assert query.runs == 2


async def test_G19_a_body_that_used_what_a_cancelled_one_came_to_is_not_cached() -> None:
    """It took a fallback that was meant for its own end."""
    lab = Lab()
    inner = lab.function("inner", Query(returns))
    outer = lab.function("outer", lambda: inner.fetch(()))
    call = asyncio.create_task(outer.fetch(()))
    await settled()
    call.cancel()
    assert await call == 0
    assert not outer.table
    assert await outer.fetch(()) == 7


async def test_G19_a_cleanup_that_reads_gets_values_that_are_kept() -> None:
    """A task that is being cancelled may still call: that its own end was asked for is old news."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")
    seen: list[int] = []

    async def work() -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            seen.append(await leaf.fetch(("a",)))

    task = asyncio.create_task(work())
    await settled()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen == [1] and leaf.bodies == 1
    assert await leaf.fetch(("a",)) == 1 and leaf.bodies == 1


async def test_G19_a_request_that_was_not_delivered_yet_counts() -> None:
    """A task that cancelled itself and then calls: the body is cut off, nothing is kept."""
    query = Query(fails)
    called = Lab().function("f", query)

    async def call() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await called.fetch(())

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(call())
    query.runs = 1
    assert await called.fetch(()) == 7 and query.runs == 2


async def own_timeout() -> None:
    """A body's own `timeout`."""
    async with asyncio.timeout(0.01):
        await asyncio.sleep(1000)


async def own_wait_for() -> None:
    """A body's own `wait_for`."""
    await asyncio.wait_for(asyncio.sleep(1000), 0.01)


async def own_group() -> None:
    """A body's own group, whose block is cut off when a task fails."""
    async with asyncio.TaskGroup() as group:
        group.create_task(failing())
        await asyncio.sleep(1000)


async def own_task() -> None:
    """A task that the body cancels itself."""
    task = asyncio.create_task(asyncio.sleep(1000))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    raise ConnectionError("given up")


@pytest.mark.parametrize("body", [own_timeout, own_wait_for, own_group, own_task])
async def test_G19_what_a_body_cuts_off_itself_is_its_result(
    body: Callable[[], Awaitable[None]],
) -> None:
    """Its error is shared and cached like any other: nobody asked for the end of the body."""
    called = Lab().function("f", body)
    calls = [asyncio.create_task(called.fetch(())) for _ in range(3)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(outcome, Exception) for outcome in outcomes)
    assert called.peek(()) is not None and called.bodies == 1


async def failing() -> None:
    """A task of a group; the group waits for it."""
    await asyncio.sleep(0)
    raise ConnectionError("blip")


async def test_G22_the_error_of_a_group_is_cached_like_any_other() -> None:
    """A TaskGroup cancels its own task, and leaves a request behind on Python 3.11: that is no
    cancellation of the body.
    """
    lab = Lab()

    async def body() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(failing())

    called = lab.function("f", body)
    calls = [asyncio.create_task(called.fetch(())) for _ in range(3)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ExceptionGroup] * 3
    for _ in range(3):
        with pytest.raises(ExceptionGroup):
            await called.fetch(())
    assert called.bodies == 1


async def test_G18_a_body_that_lives_with_a_failed_group_is_shared_and_cached() -> None:
    """Where it cannot be told at first, it can the next time."""
    lab = Lab()

    async def body() -> str:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(failing())
        except* ConnectionError:
            pass
        return "degraded"

    called = lab.function("f", body)
    calls = [asyncio.create_task(called.fetch(())) for _ in range(20)]
    assert await asyncio.gather(*calls) == ["degraded"] * 20
    assert await called.fetch(()) == "degraded"
    assert called.bodies <= 2


async def test_G20_a_foreign_cancellation_beside_an_old_request_is_retried() -> None:
    """That the caller's task was asked to end once says nothing of what cancels the body now."""
    lab = Lab()
    tries: list[int] = []

    async def body() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise asyncio.CancelledError
        return "fine"

    called = lab.function("f", body)

    async def stubborn() -> str:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(1000)
        return str(await called.fetch(()))

    task = asyncio.create_task(stubborn())
    await settled()
    task.cancel()
    assert await task == "fine"


async def test_G20_a_body_that_cancels_its_own_task_ends_in_our_error_everywhere() -> None:
    """In a task of the engine's own, too, where it once started anew for ever."""
    lab = Lab()

    async def body() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.sleep(0)

    called = chained(lab, body, 49)
    async with asyncio.timeout(10):
        with pytest.raises(Exception, match="cancelled from within"):
            await called.fetch(())


async def test_G28_a_state_whose_body_fails_in_a_group_is_kept_up_to_date() -> None:
    """The request that the group leaves behind does not end the updates."""
    lab = Lab()
    lab.data["a"] = 0
    leaf = lab.leaf("leaf")

    async def compute() -> int:
        value = int(await leaf.fetch(("a",)))
        with suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(failing())
        return value

    async with ComputedState(compute) as state:
        for value in range(1, 4):
            lab.data["a"] = value
            leaf.invalidate(("a",), TEST)
            await state.when(partial(eq, value))
