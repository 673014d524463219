"""A body that runs for a client while what it read is invalidated (D4, D14, D23)."""

from __future__ import annotations

import asyncio
from functools import partial

from fusionrt.rpc.client.answer import TRIES
from tests.lab import Pair
from tests.waiting import until


async def _flagged(two: Pair, value: int) -> None:
    """What the body that runs has read changes."""
    await until(lambda: two.lab.waiting > 0)
    two.lab.data["a"] = value
    two.lab.invalidate.slow("a")


def _began(two: Pair, bodies: int) -> bool:
    return len(two.lab.ran) == bodies


async def test_D14_a_call_whose_body_reads_what_becomes_stale_is_made_anew_at_once(
    two: Pair,
) -> None:
    """Its host does not wait for the end of the body, which nobody wants any more."""
    reading = asyncio.create_task(two.client.slow("a"))
    await _flagged(two, 7)
    await until(lambda: two.lab.ran == ["slow a"] * 2)
    assert two.lab.done == ["cancelled"]
    two.lab.gate.set()
    assert await reading == 7
    assert await two.client.slow("a") == 7
    assert two.lab.ran == ["slow a"] * 2
    await until(lambda: two.on_host().session.registered == 1)


async def test_D4_calls_that_become_stale_in_one_message_are_all_made_anew(two: Pair) -> None:
    """One message says of many that no result comes: none of them is left pending."""
    two.lab.data |= {key: 1 for key in "abc"}
    reading = [asyncio.create_task(two.client.slow(key)) for key in "abc"]
    await until(lambda: two.lab.waiting == 3)
    for key in "abc":
        two.lab.data[key] = 7
        two.lab.invalidate.slow(key)
    await until(lambda: len(two.lab.ran) == 6)
    two.lab.gate.set()
    assert await asyncio.gather(*reading) == [7, 7, 7]


async def test_D14_who_joins_a_call_is_not_given_what_was_stale_before(two: Pair) -> None:
    """Also a read that waits for a call which was made long ago."""
    first = asyncio.create_task(two.client.slow("a"))
    await _flagged(two, 7)
    await until(lambda: two.lab.ran == ["slow a"] * 2)
    second = asyncio.create_task(two.client.slow("a"))
    two.lab.gate.set()
    assert await first == await second == 7


async def test_D23_under_a_hot_writer_a_value_comes_in_the_end_and_is_not_cached(
    two: Pair,
) -> None:
    """After a few tries the call takes what comes, though that is stale when its body ends."""
    reading = asyncio.create_task(two.client.slow("a"))
    for tries in range(1, TRIES + 2):
        await until(partial(_began, two, tries))
        await _flagged(two, tries)
    assert two.lab.done == ["cancelled"] * TRIES
    late = asyncio.create_task(two.client.slow("a"))
    two.lab.gate.set()
    assert await reading == TRIES
    assert await late == TRIES + 1
    assert await two.client.slow("a") == TRIES + 1
    assert len(two.lab.ran) == TRIES + 2


async def test_G19_who_shares_the_body_on_its_host_has_a_result(two: Pair) -> None:
    """A call that leaves, as its result is stale, takes no result away from others."""
    remote = asyncio.create_task(two.client.slow("a"))
    await until(lambda: two.lab.waiting > 0)
    local = asyncio.create_task(two.lab.slow("a"))
    await asyncio.sleep(0)
    await _flagged(two, 7)
    await until(lambda: len(two.lab.ran) == 2)
    two.lab.gate.set()
    assert await local == await remote == 7


async def test_D19_a_flagged_call_that_is_given_up_leaves_no_body_behind(two: Pair) -> None:
    """Neither the first body goes on, nor the one that took its place."""
    reading = asyncio.create_task(two.client.slow("a"))
    await _flagged(two, 7)
    await until(lambda: two.lab.ran == ["slow a"] * 2)
    reading.cancel()
    await until(lambda: two.lab.done == ["cancelled"] * 2)
    await until(lambda: two.on_host().session.registered == 0)
    assert not two.on_host().running


async def test_G18_a_body_that_its_service_runs_itself_goes_on(two: Pair) -> None:
    """Its own caller began before the change, and gets what it read; the client gets the next."""
    local = asyncio.create_task(two.lab.slow("a"))
    await until(lambda: two.lab.waiting > 0)
    await two.client.get("a")
    remote = asyncio.create_task(two.client.slow("a"))
    await until(lambda: two.on_host().running == 1)
    await _flagged(two, 7)
    two.lab.gate.set()
    assert await local == 1
    assert await remote == 7
    assert two.lab.done == ["done"] * 2
