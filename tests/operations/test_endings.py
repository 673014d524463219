"""What runs to its end, and what is stopped until it has ended."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from fusionrt.primitives import spawn, stop_all, to_its_end


async def test_what_drops_a_cancellation_is_cancelled_again() -> None:
    """As `asyncio.wait_for` may before Python 3.12, if the answer comes at the same time."""
    dropped = 0

    async def deaf() -> None:
        nonlocal dropped
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        dropped += 1
        await asyncio.Event().wait()

    task = spawn(deaf(), name="deaf")
    await asyncio.sleep(0)
    await stop_all([task])
    assert (task.cancelled(), dropped) == (True, 1)


async def test_O3_what_is_to_be_done_is_done_though_whoever_waits_is_cancelled_twice() -> None:
    """Its caller hears of the cancellation when it has ended."""
    go, done = asyncio.Event(), False

    async def work() -> None:
        nonlocal done
        await go.wait()
        done = True

    waiting = asyncio.create_task(to_its_end(work(), name="work"))
    for _ in range(2):
        await asyncio.sleep(0)
        waiting.cancel()
    await asyncio.sleep(0)
    assert not waiting.done()
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert done
