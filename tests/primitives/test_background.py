"""Tasks whose result nobody takes."""

from __future__ import annotations

import asyncio
import weakref

import pytest

from fusionrt.primitives import background, stop_all


class Met(Exception):
    """What a task failed with, and what its traceback keeps."""


async def test_G15_what_fails_in_the_background_is_told_as_it_ends() -> None:
    """Once, by the loop's exception handler; nothing that it met is kept for the collector."""
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: told.append(f"{context['message']}: {context['exception']!r}")
    )
    met: list[weakref.ref[set[int]]] = []

    async def fail() -> None:
        held = {1}
        met.append(weakref.ref(held))
        raise Met

    task = background(fail(), "one")
    await asyncio.wait([task])
    await asyncio.sleep(0)
    assert told == ["one failed: Met()"]
    del task
    assert met[0]() is None


async def test_what_ends_well_or_is_cancelled_is_not_told() -> None:
    """Those are no news."""
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    done = background(asyncio.sleep(0), "one")
    cancelled = background(asyncio.sleep(60), "two")
    await done
    cancelled.cancel()
    await asyncio.wait([cancelled])
    await asyncio.sleep(0)
    assert told == []


@pytest.mark.parametrize("turns", range(3))
async def test_what_is_stopped_fails_for_nobody(turns: int) -> None:
    """Whatever it raises as it ends: whoever stops it does not want to know."""

    async def fail() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise Met

    task = asyncio.create_task(fail())
    for _ in range(turns):
        await asyncio.sleep(0)
    await stop_all([task])
    assert task.done()
