"""`@stream(skip=True)`: a slow reader gets the newest items (D18)."""

from __future__ import annotations

import asyncio
from itertools import pairwise

from fusionrt import skipped
from tests.streams.world import World
from tests.waiting import until

MANY = 20_000


async def test_D18_a_slow_reader_gets_the_newest_and_always_the_last(remote: World) -> None:
    """In order, none twice; and it learns how many it has not seen."""
    stream = remote.flows.ticks(MANY)
    got = []
    async for number in stream:
        got.append(number)
        await asyncio.sleep(0.002)
    assert got[-1] == MANY - 1
    assert all(a < b for a, b in pairwise(got))
    assert len(got) < MANY / 10
    assert skipped(stream) == MANY - len(got)


async def test_D18_the_body_is_not_held_up_and_little_is_sent_in_vain(remote: World) -> None:
    """It goes on though nobody reads; one item waits on its host, some on the way."""
    stream = remote.flows.ticks(MANY)
    assert await anext(stream) == 0
    await until(lambda: remote.service.seen == MANY - 1)
    rest = [number async for number in stream]
    assert rest[-1] == MANY - 1
    assert len(rest) <= 3
    assert skipped(stream) == MANY - 1 - len(rest)


async def test_D18_a_reader_that_keeps_pace_misses_nothing(remote: World) -> None:
    """What nobody is too slow for is not skipped."""
    stream = remote.flows.ticks(1)
    assert [number async for number in stream] == [0]
    assert skipped(stream) == 0


async def test_D19_a_reader_that_leaves_stops_the_body(remote: World) -> None:
    """Though it never waits."""
    async for number in remote.flows.ticks(10_000_000):
        if number > 10:
            break
    await until(lambda: remote.streams_on_host() == 0)
    assert remote.service.seen < 10_000_000 - 1


async def test_in_process_the_body_waits_for_its_reader() -> None:
    """Nothing is made that nobody takes; so nothing is skipped."""
    from tests.streams.world import MyFlows

    flows = MyFlows()
    stream = flows.ticks(100)
    assert [number async for number in stream] == [*range(100)]
    assert skipped(stream) == 0
