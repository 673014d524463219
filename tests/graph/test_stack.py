"""Levels of inlining leave room for users' frames; a full stack is its caller's (G35, G22)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from .lab import Lab, settled


@pytest.mark.parametrize("frames", [0, 5, 20, 100])
async def test_G35_three_hundred_levels_leave_room_for_helpers(frames: int) -> None:
    """Each body calls the next one through so many coroutines of its own."""
    lab = Lab()

    async def helper(left: int, level: int) -> int:
        return await (helper(left - 1, level) if left else called.fetch((level,)))

    async def body(level: int) -> int:
        return 0 if level == 0 else 1 + await helper(frames, level - 1)

    called = lab.function("f", body)
    assert await called.fetch((300,)) == 300
    assert called.bodies == 301


async def test_G35_levels_in_tasks_of_their_own_leave_room_too() -> None:
    """Each body calls the next one in a group."""
    lab = Lab()

    async def helper(left: int, level: int) -> Any:
        return await (helper(left - 1, level) if left else asyncio.gather(called.fetch((level,))))

    async def body(level: int) -> int:
        return 0 if level == 0 else 1 + int((await helper(20, level - 1))[0])

    called = lab.function("f", body)
    assert await called.fetch((300,)) == 300


async def deep(levels: int, call: Any) -> Any:
    """The call, below so many frames."""
    return await (deep(levels - 1, call) if levels else call())


async def test_G22_a_full_stack_of_the_caller_is_not_cached() -> None:
    """Whoever calls with room gets the value, also who waited for the body that had none."""
    lab = Lab()

    async def helper(left: int) -> None:
        await (helper(left - 1) if left else asyncio.sleep(0))

    async def body() -> int:
        await asyncio.sleep(0)
        await helper(100)
        return 7

    called = lab.function("f", body)
    cramped = asyncio.create_task(deep(860, lambda: called.fetch(())))
    await asyncio.sleep(0)
    assert called.bodies == 1
    others = [asyncio.create_task(called.fetch(())) for _ in range(3)]
    with pytest.raises(RecursionError):
        await cramped
    assert await asyncio.gather(*others) == [7, 7, 7]
    assert await called.fetch(()) == 7 and called.bodies == 2


async def test_G22_a_body_that_recurses_for_ever_fails_everybody_uncached() -> None:
    """In bounded time; the next call tries again."""
    lab = Lab()

    async def for_ever() -> None:
        await for_ever()

    async def body() -> None:
        await asyncio.sleep(0)
        await for_ever()

    called = lab.function("f", body)
    calls = [asyncio.create_task(called.fetch(())) for _ in range(20)]
    done, pending = await asyncio.wait(calls, timeout=10)
    assert not pending
    assert all(type(call.exception()) is RecursionError for call in done)
    assert called.bodies <= 2
    with pytest.raises(RecursionError):
        await called.fetch(())
    await settled()
    assert not called.table
