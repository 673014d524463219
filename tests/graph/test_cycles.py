"""Cycles, and what is none: a body waits for the tasks it started, or it does not (G30)."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from fusionrt.errors import CycleError
from fusionrt.graph import Function, isolated
from fusionrt.testing.loop import run

from .lab import TEST, Lab, settled

Call = Callable[[], Awaitable[Any]]


async def by_task(call: Call) -> Any:
    """Awaited."""
    return await asyncio.create_task(_awaited(call))


async def by_gather(call: Call) -> Any:
    """Gathered, beside others."""
    return (await asyncio.gather(asyncio.sleep(0.01), call()))[1]


async def by_group(call: Call) -> Any:
    """In a TaskGroup whose block goes on for a while."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(_awaited(call))
        await asyncio.sleep(0)
    return task.result()


async def by_wait(call: Call) -> Any:
    """With `wait`."""
    done, _ = await asyncio.wait([asyncio.create_task(_awaited(call))])
    return done.pop().result()


async def by_wait_for(call: Call) -> Any:
    """With `wait_for`."""
    return await asyncio.wait_for(_awaited(call), 1000)


async def by_shield(call: Call) -> Any:
    """Shielded."""
    return await asyncio.shield(_awaited(call))


async def by_as_completed(call: Call) -> Any:
    """With `as_completed`."""
    for following in asyncio.as_completed([_awaited(call)]):
        return await following


async def by_callback(call: Call) -> Any:
    """By an event that is set when the task is done."""
    event = asyncio.Event()
    task = asyncio.create_task(_awaited(call))
    task.add_done_callback(lambda _: event.set())
    await event.wait()
    return task.result()


async def by_another_task(call: Call) -> Any:
    """By a task that awaits a task."""
    return await asyncio.create_task(by_gather(call))


async def later(call: Call) -> Any:
    """Awaited only after a while."""
    task = asyncio.create_task(_awaited(call))
    await asyncio.sleep(0.05)
    return await task


async def in_an_isolated_task(call: Call) -> Any:
    """Started in an isolated block, and awaited."""
    with isolated():
        task = asyncio.create_task(_awaited(call))
    return await task


WAYS = [
    by_task,
    by_gather,
    by_group,
    by_wait,
    by_wait_for,
    by_shield,
    by_as_completed,
    by_callback,
    by_another_task,
    later,
    in_an_isolated_task,
]


async def _awaited(call: Call) -> Any:
    return await call()


def ring(lab: Lab, way: Callable[[Call], Awaitable[Any]], length: int) -> list[Function[Any]]:
    """Functions each of which calls the next one that way, and the last one the first."""
    functions: list[Function[Any]] = []
    for index in range(length):

        async def body(following: int = (index + 1) % length) -> Any:
            return await way(lambda: functions[following].fetch(()))

        functions.append(lab.function(f"f{index}", body))
    return functions


@pytest.mark.parametrize("length", [1, 2, 12])
@pytest.mark.parametrize("way", WAYS)
async def test_G30_a_body_that_waits_for_a_task_is_in_its_cycle(
    way: Callable[[Call], Awaitable[Any]], length: int
) -> None:
    """However it waits; in bounded time, and nothing of it is cached."""
    functions = ring(Lab(), way, length)
    async with asyncio.timeout(10):
        with pytest.raises((CycleError, ExceptionGroup)) as caught:
            await functions[0].fetch(())
    error: BaseException = caught.value
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, CycleError)
    await settled()
    assert not any(function.table for function in functions)


@pytest.mark.parametrize("way", WAYS)
async def test_G30_a_cycle_across_flows_is_found_whoever_waits_how(
    way: Callable[[Call], Awaitable[Any]],
) -> None:
    """Two callers, each of whom enters the ring elsewhere; both get the error."""
    functions = ring(Lab(), way, 2)
    calls = [asyncio.create_task(function.fetch(())) for function in functions]
    done, pending = await asyncio.wait(calls, timeout=10)
    assert not pending
    assert all(call.exception() is not None for call in done)
    assert not any(function.table for function in functions)


def _plainly(call: Callable[[], asyncio.Task[Any]]) -> asyncio.Task[Any]:
    return call()


def _isolated(call: Callable[[], asyncio.Task[Any]]) -> asyncio.Task[Any]:
    with isolated():
        return call()


def _elsewhere(call: Callable[[], asyncio.Task[Any]]) -> asyncio.Task[Any]:
    return contextvars.Context().run(call)


@pytest.mark.parametrize("between", [0, 1, 12])
@pytest.mark.parametrize("started", [_plainly, _isolated, _elsewhere])
@pytest.mark.parametrize("after", [False, True])
async def test_G30_a_task_that_its_body_does_not_wait_for_may_read_its_key(
    started: Callable[[Callable[[], asyncio.Task[Any]]], asyncio.Task[Any]],
    after: bool,
    between: int,
) -> None:
    """While the body runs or after it, directly or by way of others; the body runs once."""
    lab = Lab()
    tasks: list[asyncio.Task[Any]] = []
    ended = asyncio.Event()

    async def reads() -> Any:
        if after:
            await ended.wait()
        return await reached.fetch(())

    async def body() -> int:
        tasks.append(started(lambda: asyncio.create_task(reads())))
        await asyncio.sleep(0.3)
        return 7

    called = reached = lab.function("f", body)
    for level in range(between):

        async def through(inner: Function[Any] = reached) -> Any:
            return await inner.fetch(())

        reached = lab.function(f"through {level}", through)
    assert await called.fetch(()) == 7
    ended.set()
    assert await tasks[0] == 7
    assert await called.fetch(()) == 7
    assert called.bodies == 1
    called.invalidate((), TEST)
    assert reached.peek(()) is None  # what read it depends on it


async def test_G30_two_bodies_may_refresh_each_other() -> None:
    """Each starts a task that reads the other one, and neither waits."""
    lab = Lab()
    tasks: list[asyncio.Task[Any]] = []
    functions: list[Function[Any]] = []

    async def body(index: int) -> int:
        tasks.append(asyncio.create_task(functions[1 - index].fetch((1 - index,))))
        await asyncio.sleep(0.01)
        return index

    functions += [lab.function("a", body), lab.function("b", body)]
    assert await functions[0].fetch((0,)) == 0
    assert await asyncio.gather(*tasks[:2]) == [1, 0]
    assert [function.bodies for function in functions] == [1, 1]


async def test_G30_a_body_that_waits_for_one_task_is_not_held_by_another() -> None:
    """Beside the task that reads its key it waits for one that does not."""
    lab = Lab()
    tasks: list[asyncio.Task[Any]] = []

    async def body() -> int:
        tasks.append(asyncio.create_task(called.fetch(())))
        first, second = await asyncio.gather(asyncio.sleep(0.15, 3), asyncio.sleep(0.01, 4))
        return first + second

    called = lab.function("f", body)
    assert await called.fetch(()) == 7
    assert await tasks[0] == 7 and called.bodies == 1


def test_G30_a_body_that_sleeps_for_long_holds_nobody() -> None:
    """The task that it started waits as long as that takes."""

    async def main() -> None:
        lab = Lab()
        tasks: list[asyncio.Task[Any]] = []

        async def body() -> int:
            tasks.append(asyncio.create_task(called.fetch(())))
            await asyncio.sleep(100)
            return 7

        called = lab.function("f", body)
        assert await called.fetch(()) == 7 and await tasks[0] == 7

    run(main(), seed=1)


def test_G30_a_body_that_waits_by_an_event_is_found_after_a_while() -> None:
    """That the task would set the event is nowhere to be seen; that nothing moves is."""

    async def main() -> None:
        lab = Lab()

        async def body() -> None:
            event = asyncio.Event()

            async def read() -> None:
                try:
                    await called.fetch(())
                finally:
                    event.set()

            task = asyncio.create_task(read())
            await event.wait()
            await task

        called = lab.function("f", body)
        async with asyncio.timeout(60):
            with pytest.raises(CycleError):
                await called.fetch(())
        assert not called.table

    run(main(), seed=1)


async def test_G30_a_task_that_gives_up_leaves_the_body_alone() -> None:
    """Its wait is cancelled; the body goes on and is cached."""
    lab = Lab()
    tasks: list[asyncio.Task[Any]] = []

    async def body() -> int:
        tasks.append(asyncio.create_task(called.fetch(())))
        await asyncio.sleep(0.05)
        tasks[0].cancel()
        with suppress(asyncio.CancelledError):
            await tasks[0]
        return 7

    called = lab.function("f", body)
    assert await called.fetch(()) == 7
    assert await called.fetch(()) == 7 and called.bodies == 1
