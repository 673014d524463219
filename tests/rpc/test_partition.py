"""A partition, step by step: what is fresh, what is suspended, what resumes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from decimal import Decimal

import pytest

from fusionrt import CallTimeout, EventKind, RemoteUnavailable
from fusionrt.graph import lean

from .world import HOP, World, simulated


@simulated
async def test_D7_a_strict_read_in_a_partition_fails_and_a_stale_one_does_not(
    world: World,
) -> None:
    """Past the lease a strict read fails clearly in its time; `stale_ok` gives the value."""
    (caller,) = world.callers
    world.network.partition(world.servers["carts"].name)
    await asyncio.sleep(HOP + 0.1)
    with pytest.raises(CallTimeout):
        await caller.carts.total("1")
    with pytest.raises(RemoteUnavailable, match="its host is silent"):
        await caller.carts.with_options(timeout=60.0).total("1")
    stale = caller.carts.with_options(stale_ok=True)
    assert await stale.total("1") == 1
    flagged = await stale.computed.total("1")
    assert flagged.value == 1
    assert not flagged.is_consistent


@simulated
async def test_D7_a_watch_that_begins_in_a_partition_shows_the_stale_value_and_goes_on(
    world: World,
) -> None:
    """A watch never ends by an outage: it yields the value as it is, flagged, then what follows."""
    (caller,) = world.callers
    world.network.partition(world.servers["carts"].name)
    await world.products.set_price("p", Decimal(7))
    await asyncio.sleep(HOP + 0.1)
    changes = caller.carts.changes.total("1")
    first = await anext(changes)
    assert first.value == 1
    assert not first.is_consistent
    asyncio.get_running_loop().call_later(30.0, world.network.heal)
    assert (await anext(changes)).value == 7


@simulated
async def test_D6_a_replica_is_fresh_for_the_lease_and_no_longer(world: World) -> None:
    """Cut off, a replica is provably fresh until the lease of the last keep-alive lapses."""
    (caller,) = world.callers
    replica = await caller.carts.computed.total("1")
    world.network.partition(world.servers["carts"].name)
    await asyncio.sleep(HOP - 2.0 - 0.1)
    assert replica.is_consistent
    await asyncio.sleep(2.0 + 0.1)
    assert not replica.is_consistent


@simulated
async def test_D6_a_replica_that_is_read_all_the_time_is_no_fresher(world: World) -> None:
    """The hot path, which compares one number, stops where the lease ends; and goes on after it."""
    (caller,) = world.callers
    function = (await caller.carts.computed.total("1"))._function
    for _ in range(3):
        assert await caller.carts.total("1") == 1
    assert len(function.hot or ()) == 1
    world.network.partition(world.servers["carts"].name)
    await asyncio.sleep(HOP - 2.0 - 0.1)
    assert await caller.carts.total("1") == 1
    await asyncio.sleep(2.0 + 0.1)
    with pytest.raises(CallTimeout):
        await caller.carts.with_options(timeout=0.5).total("1")
    assert await caller.carts.with_options(stale_ok=True).total("1") == 1
    bodies = function.bodies
    world.network.heal()
    assert await caller.carts.total("1") == await caller.carts.total("1") == 1
    assert function.bodies == bodies


@simulated
async def test_D6c_a_replica_that_its_host_cannot_vouch_for_is_no_hit(world: World) -> None:
    """Also where it was read all the time; it is none until its host has said that it is fresh."""
    (caller,) = world.callers
    for _ in range(3):
        assert await caller.carts.total("1") == 1
    world.network.partition(world.servers["products"].name)
    await asyncio.sleep(HOP + 2.0 + 0.5)
    with pytest.raises(CallTimeout):
        await caller.carts.with_options(timeout=0.5).total("1")
    world.network.heal()
    assert await caller.carts.total("1") == 1


@simulated
async def test_D6b_a_lapsed_lease_suspends_what_was_made_from_it_and_resumes_it(
    world: World,
) -> None:
    """No state changes, no handler runs, no body runs anew: only the proof is missing a while."""
    carts = world.servers["carts"].host
    events: list[EventKind] = []
    carts.graph.events.subscribe(lambda event: events.append(event.kind))
    service = world.carts
    total = await service.computed.total("1")
    told: list[object] = []
    total.on_invalidated(told.append)
    world.network.partition(world.servers["products"].name)
    await asyncio.sleep(HOP + 0.1)
    assert not total.is_consistent
    assert total.origin is None
    world.network.heal()
    assert await service.total("1") == 1
    assert total.is_consistent
    assert await service.computed.total("1") is total
    assert (events, told) == ([], [])


@simulated
async def test_D2_a_change_in_a_partition_is_found_when_it_ends(world: World) -> None:
    """What changed while nobody could be told is stale at the first read after the partition."""
    (caller,) = world.callers
    world.network.partition(world.servers["products"].name)
    await world.products.set_price("p", Decimal(7))
    await asyncio.sleep(HOP + 2.0 + 0.5)
    world.network.heal()
    assert await caller.carts.total("1") == 7


@simulated
async def test_D6c_a_host_does_not_vouch_for_what_it_cannot_prove_itself(world: World) -> None:
    """Cut off from the products, the carts say so, and callers' totals are not fresh either."""
    (caller,) = world.callers
    replica = await caller.carts.computed.total("1")
    world.network.partition(world.servers["products"].name)
    await asyncio.sleep(HOP + 2.0 + 0.5)
    assert not replica.is_consistent
    with pytest.raises(CallTimeout):
        await caller.carts.with_options(timeout=0.5).total("1")
    world.network.heal()
    assert await caller.carts.total("1") == 1
    assert replica.is_consistent


@simulated
async def test_D9_a_crashed_host_is_given_up_soon(world: World) -> None:
    """The broker knows that nobody listens: strict reads fail within a keep-alive or so."""
    (caller,) = world.callers
    await world.servers["carts"].crash()
    replica = await caller.carts.computed.total("1")
    await asyncio.sleep(2.0 + 0.2)
    assert not replica.is_consistent
    async with asyncio.timeout(4.5):
        with pytest.raises(RemoteUnavailable):
            await caller.carts.with_options(timeout=60.0).total("1")
    await world.start("carts")
    await world.peace(within=5.0)


@simulated
async def test_D23_a_result_that_is_stale_when_it_comes_fills_no_replica(world: World) -> None:
    """Under a writer that never stops, reads return, and what they cached is never stale."""
    (caller,) = world.callers
    writing = asyncio.get_running_loop().create_task(_write_on(world))
    for _ in range(50):
        before = world.truth.prices[-1]
        product = await caller.products.get("p")
        assert product is not None and product.price >= before - 45
    writing.cancel()
    await asyncio.wait([writing])
    await world.peace(within=2.0)


async def _write_on(world: World) -> None:
    while True:
        await world.products.set_price("p", world.new_price())


@simulated
async def test_D22_a_service_that_is_replaced_goes_on_without_an_error(world: World) -> None:
    """A new instance is started, then the old one drains: no read fails, no value is stale."""
    (caller,) = world.callers
    old = world.servers["products"]
    await world.start("products")
    leaving = asyncio.create_task(old.leave())
    while not leaving.done():
        price = world.new_price()
        await caller.products.set_price("p", price)
        assert await caller.carts.total("1") <= price
        await asyncio.sleep(0.01)
    await leaving
    await world.peace(within=5.0)


@simulated
async def test_D6c_what_comes_to_hang_on_more_while_it_is_held_is_not_vouched_for(
    world: World,
) -> None:
    """A host asks each result that it holds only if one of their promises is broken, or there may
    be another one.
    """
    (caller,) = world.callers
    replica = await caller.carts.computed.total("1")
    total = await world.carts.computed.total("1")
    promise = _Promise()
    lean(total, promise)
    await asyncio.sleep(2.0 + 0.5)
    assert replica.is_consistent
    promise.holds = False
    await asyncio.sleep(2.0 + 0.5)
    assert replica.is_suspended
    promise.holds = True
    await asyncio.sleep(2.0 + 0.5)
    assert replica.is_consistent


@simulated
async def test_D6c_a_read_that_waits_for_its_hosts_word_learns_of_an_invalidation(
    world: World,
) -> None:
    """What nobody could vouch for is stale: it is made anew at once, not when the grace ends."""
    (caller,) = world.callers
    replica = await caller.carts.computed.total("1")
    promise = _Promise()
    lean(await world.carts.computed.total("1"), promise)
    promise.holds = False
    await asyncio.sleep(2.0 + 0.5)
    assert replica.is_suspended
    reading = asyncio.ensure_future(caller.carts.total("1"))
    await asyncio.sleep(0.5)
    assert not reading.done()
    world.carts.invalidate.total("1")
    async with asyncio.timeout(1.0):
        assert await reading == 1


class _Promise:
    """A lease that says what it is told to, and nothing by itself."""

    holds = True

    def live(self) -> bool:
        return self.holds

    def proven(self) -> bool:
        return self.holds

    def on_turn(self, handler: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    async def revalidate(self) -> None: ...

    def services(self) -> Iterable[str]:
        return ()
