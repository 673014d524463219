"""However a body ends, its computed settles, and the context is as it was (G2, G20, G29, G33)."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import pytest

from fusionrt.errors import CycleError
from fusionrt.graph import SCOPE, Changes, Function, State, isolated
from tests.waiting import until

from .lab import TEST, Gate, Lab, settled


class Abort(BaseException):
    """Neither an `Exception` nor one of asyncio's own; test frameworks have such."""


def chain(lab: Lab, bottom: Any) -> Function[Any]:
    """Depth n calls depth n - 1; `bottom` is the body at 0."""

    async def body(depth: int) -> Any:
        return await (bottom() if depth == 0 else called.fetch((depth - 1,)))

    called = lab.function("f", body)
    return called


@pytest.mark.parametrize("depth", [0, 48, 49, 50, 149])
async def test_G22_what_is_no_exception_reaches_every_caller_uncached(depth: int) -> None:
    """Also through tasks of the engine's own; nothing hangs, and the next call tries again."""
    lab, gate = Lab(), Gate()

    async def bottom() -> None:
        await gate()
        raise Abort

    called = chain(lab, bottom)
    calls = [asyncio.create_task(called.fetch((depth,))) for _ in range(3)]
    await until(lambda: gate.arrived)
    gate.open()
    done, _ = await asyncio.wait(calls, timeout=10)
    assert [type(call.exception()) for call in done] == [Abort] * 3
    assert not called.table
    with pytest.raises(Abort):
        await called.fetch((depth,))


async def test_G5b_a_call_after_the_invalidation_does_not_share_how_the_old_body_ended() -> None:
    """The old body is aborted for its own callers; the later call runs a new one."""
    lab, gate = Lab(), Gate()

    async def bottom() -> str:
        await gate()
        if gate.arrived == 1:
            raise Abort
        return "fine"

    called = chain(lab, bottom)
    before = asyncio.create_task(called.fetch((49,)))
    await until(lambda: gate.arrived)
    called.invalidate((0,), TEST)
    after = asyncio.create_task(called.fetch((49,)))
    await settled()
    gate.open()
    with pytest.raises(Abort):
        await before
    assert await after == "fine"


async def test_G33_a_body_goes_on_tracking_after_a_dependency_was_aborted() -> None:
    """What it uses after the `except` is a dependency, too."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")

    async def abort() -> None:
        raise Abort

    aborted = lab.function("aborted", abort)

    async def body() -> int:
        with suppress(Abort):
            await aborted.fetch(())
        return int(await leaf.fetch(("a",)))

    made = await lab.function("f", body).computed(())
    assert SCOPE.get() is None
    leaf.invalidate(("a",), TEST)
    assert not made.is_consistent


async def test_G33_a_body_goes_on_tracking_after_it_closed_a_half_driven_call() -> None:
    """Also if it drives the call by hand, and closes it."""
    lab, gate = Lab(), Gate()
    lab.data["a"] = 1
    leaf, slow = lab.leaf("leaf"), lab.function("slow", gate)

    async def body() -> int:
        call = slow.fetch(())
        call.send(None)
        call.close()
        return int(await leaf.fetch(("a",)))

    made = await lab.function("f", body).computed(())
    assert not slow.table
    leaf.invalidate(("a",), TEST)
    assert not made.is_consistent


async def test_G33_closing_a_call_elsewhere_leaves_that_context_alone() -> None:
    """A call that is closed by the body of another one does not take that body's place."""
    lab, gate = Lab(), Gate()
    lab.data["a"] = 1
    leaf, slow = lab.leaf("leaf"), lab.function("slow", gate)
    calls: list[Coroutine[Any, Any, None]] = []

    def drive() -> None:
        calls.append(slow.fetch(()))
        calls[0].send(None)

    contextvars.Context().run(drive)

    async def body() -> int:
        calls[0].close()
        return int(await leaf.fetch(("a",)))

    made = await lab.function("f", body).computed(())
    assert SCOPE.get() is None
    leaf.invalidate(("a",), TEST)
    assert not made.is_consistent


async def test_G19_who_joined_a_closed_call_runs_the_body_anew() -> None:
    """Closing the coroutine that runs the body is like cancelling it."""
    lab, gate = Lab(), Gate()
    slow = lab.function("slow", gate)
    first = slow.fetch(())
    contextvars.Context().run(first.send, None)
    second = asyncio.create_task(slow.fetch(()))
    await settled()
    first.close()
    await settled()
    gate.open()
    await second
    assert gate.arrived == 2


async def test_G20_a_body_that_swallows_its_cancellation_settles() -> None:
    """The caller that was cancelled gets its value, as of any coroutine; whoever else waits gets
    that of a fresh body.
    """
    lab, gate = Lab(), Gate()

    async def body() -> str:
        try:
            await gate()
        except asyncio.CancelledError:
            return "fallback"
        return "fine"

    called = lab.function("f", body)
    call = asyncio.create_task(called.fetch(()))
    await settled()
    other = asyncio.create_task(called.fetch(()))
    await settled()
    call.cancel()
    assert await call == "fallback"
    gate.open()
    assert await other == "fine"
    assert await called.fetch(()) == "fine" and called.bodies == 2


async def test_a_body_that_raises_stop_iteration_fails_like_any_other() -> None:
    """Neither StopIteration nor StopAsyncIteration ends the engine's own coroutines."""
    lab = Lab()

    async def body(kind: type[Exception]) -> None:
        raise kind

    called = lab.function("f", body)
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        await called.fetch((StopIteration,))
    with pytest.raises(StopAsyncIteration):
        await called.fetch((StopAsyncIteration,))


async def test_a_stop_iteration_is_a_value_like_any_other() -> None:
    """A value that asyncio itself gives a meaning reaches the caller as it is."""
    lab = Lab()
    values = [StopIteration(5), (1, 2), ValueError("returned"), None]

    async def body(index: int) -> Any:
        return values[index]

    called = lab.function("f", body)
    for index, value in enumerate(values):
        assert await called.fetch((index,)) is value
        assert await called.fetch((index,)) is value
        task: asyncio.Task[Any] = asyncio.create_task(called.fetch((index,)))
        assert await task is value


async def test_G5_a_body_that_invalidates_itself_ends_and_keeps_nothing() -> None:
    """Its callers get the value; each later call runs it anew."""
    lab = Lab()

    async def body() -> int:
        called.invalidate((), TEST)
        return called.bodies

    called = lab.function("f", body)
    assert [await called.fetch(()), await called.fetch(())] == [1, 2]
    assert not called.table


async def test_changes_of_a_value_that_is_stale_at_once_lets_others_run() -> None:
    """A body that invalidates itself makes its watcher busy, but does not stop the event loop."""
    lab = Lab()

    async def body() -> int:
        called.invalidate((), TEST)
        return called.bodies

    called = lab.function("f", body)

    async def watch() -> None:
        async for _ in Changes(called, ()):
            assert called.bodies < 1000, "nobody else could run"

    watcher = asyncio.create_task(watch())
    await until(lambda: called.bodies > 10)
    watcher.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watcher


async def test_G30_a_call_of_itself_raises_also_where_it_adds_no_edge() -> None:
    """An isolated call is not tracked, but its body is waited for all the same."""
    lab = Lab()

    async def body() -> None:
        with isolated():
            await called.fetch(())

    called = lab.function("f", body)
    async with asyncio.timeout(5):
        with pytest.raises(CycleError):
            await called.fetch(())


async def test_G35_a_chain_of_isolated_calls_may_be_deep() -> None:
    """Depth counts what waits, tracked or not."""
    lab = Lab()

    async def body(depth: int) -> int:
        with isolated():
            return 0 if depth == 0 else 1 + int(await called.fetch((depth - 1,)))

    called = lab.function("f", body)
    assert await called.fetch((1000,)) == 1000


async def test_G29_a_call_that_finds_no_stack_left_leaves_nothing_running() -> None:
    """Wherever the recursion limit strikes, the next call computes, and does not wait for ever."""
    lab = Lab()
    lab.data["a"] = 1
    leaf = lab.leaf("leaf")

    async def recurse(levels: int) -> Any:
        return await (recurse(levels - 1) if levels else leaf.fetch(("a",)))

    struck = 0
    for levels in range(800, 1000):
        try:
            await recurse(levels)
        except RecursionError:
            struck += 1
        computed = leaf.table.get(("a",))
        assert computed is None or computed.state is not State.COMPUTING, levels
        leaf.invalidate(("a",), TEST)
    assert struck
