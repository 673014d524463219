"""Results that come before a stream: `tuple[Page, AsyncIterator[Row]]`."""

from __future__ import annotations

import asyncio

import pytest

from fusionrt import CallTimeout
from tests.streams.contracts import Page, Refused, Row
from tests.streams.world import Source, World, in_memory
from tests.virtual import virtual
from tests.waiting import until


@pytest.mark.parametrize("count", [0, 1, 9_000])
async def test_D18_what_comes_before_is_there_and_then_each_item(world: World, count: int) -> None:
    """However many follow."""
    page, rows = await world.flows.open("all", count)
    assert page == Page("all", count)
    assert [row async for row in rows] == [Row(number) for number in range(count)]


async def test_several_values_may_come_before(world: World) -> None:
    """And what comes after may be what the caller sends."""
    source = Source(100)
    page, seven, rows = await world.flows.relay("both", source.rows())
    assert (page, seven) == (Page("both", 0), 7)
    assert [row.number async for row in rows] == [*range(100)]
    await until(lambda: source.closed)


async def test_a_failure_before_is_raised_by_the_await(world: World) -> None:
    """Nothing begins."""
    with pytest.raises(Refused):
        await world.flows.open("refused", 3)


async def test_D19_a_reader_that_leaves_the_rows_ends_their_body(remote: World) -> None:
    """As with any stream."""
    _, rows = await remote.flows.open("all", 1_000_000)
    async for row in rows:
        if row.number == 3:
            break
    await until(lambda: remote.service.caught)
    await until(lambda: remote.streams_on_host() == 0)


async def test_D19_a_caller_that_leaves_before_ends_the_body(remote: World) -> None:
    """It waited for what comes before."""
    call = asyncio.ensure_future(remote.flows.open("slow", 3))
    await until(lambda: remote.streams_on_host() == 1)
    call.cancel()
    await until(lambda: remote.streams_on_host() == 0)


@virtual
async def test_what_comes_before_has_the_calls_time_the_rows_have_all() -> None:
    """A deadline is for what is awaited."""
    async with in_memory() as remote:
        hasty = remote.client.with_options(timeout=0.1)
        with pytest.raises(CallTimeout):
            await hasty.open("slow", 3)
        await until(lambda: remote.streams_on_host() == 0)
        _, rows = await hasty.open("all", 3)
        await asyncio.sleep(0.15)
        assert len([row async for row in rows]) == 3


@virtual
async def test_the_time_of_a_call_does_not_run_while_its_items_are_sent() -> None:
    """It runs until the body begins to read, and again from the last item on."""
    async with in_memory() as remote:
        hasty = remote.client.with_options(timeout=0.2)
        source = Source(3, waits=asyncio.Event())
        call = asyncio.ensure_future(hasty.sum(source.numbers()))
        await asyncio.sleep(0.5)
        assert not call.done()
        assert source.waits is not None
        source.waits.set()
        assert await call == 3
        with pytest.raises(CallTimeout):
            await hasty.ignore(Source(3).numbers())
        with pytest.raises(CallTimeout):
            await hasty.take(3, numbers=Source(3).numbers())
