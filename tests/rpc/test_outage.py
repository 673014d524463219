"""A known outage is told: to who watches, and to who reads (D26)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from decimal import Decimal

import pytest

from fusionrt import (
    Computed,
    ComputedNode,
    ComputedState,
    Host,
    OutcomeUnknown,
    RemoteUnavailable,
    computed,
)
from fusionrt.primitives import now
from fusionrt.rpc.client.outage import Outage
from fusionrt.testing import run
from fusionrt.transport.memory import MemoryNetwork
from tests.lab import LabClient, TinyLab
from tests.natsserver import NatsServer
from tests.virtual import virtual

from .world import HOP, MESSAGES, World, simulated

BROKER = "the connection to the broker memory is lost"


@simulated
async def test_D26_a_watcher_is_told_that_its_value_is_suspended_and_resumed(world: World) -> None:
    """The same computed comes again, twice: nothing was invalidated, only the proof was missing."""
    (caller,) = world.callers
    changes = caller.carts.changes.total("1")
    first = await anext(changes)
    assert not first.is_suspended
    world.clients[0].disconnect()
    assert await anext(changes) is first
    assert first.is_suspended and not first.is_consistent
    assert repr(first).endswith("suspended>") and "suspended" in repr(caller.carts.peek.total("1"))
    world.clients[0].reconnect()
    assert await anext(changes) is first
    assert first.is_consistent and not first.is_suspended
    assert repr(first).endswith("consistent>")


@simulated
async def test_D26_what_changed_in_an_outage_is_told_once_as_the_new_value(world: World) -> None:
    """After the outage a watcher gets the new value, not the old one as if it were fresh."""
    (caller,) = world.callers
    changes = caller.carts.changes.total("1")
    first = await anext(changes)
    world.clients[0].disconnect()
    assert await anext(changes) is first
    await world.products.set_price("p", Decimal(7))
    await asyncio.sleep(MESSAGES)
    world.clients[0].reconnect()
    told = await anext(changes)
    assert told.value == 7 and told.is_consistent


@simulated
async def test_D26_a_short_loss_of_the_connection_is_nobodys_news(world: World) -> None:
    """Within the grace a new connection finds everything as it was: reads answer, watches wait."""
    (caller,) = world.callers
    changes = caller.carts.changes.total("1")
    await anext(changes)
    following = asyncio.ensure_future(anext(changes))
    world.clients[0].disconnect()
    await asyncio.sleep(1.5)
    assert await caller.carts.total("1") == 1
    world.clients[0].reconnect()
    await asyncio.sleep(HOP)
    assert not following.done()
    following.cancel()


@virtual
async def test_D26_a_loss_that_is_told_twice_is_over_when_the_connection_is_back() -> None:
    """Nothing of the first is left."""
    told: list[str] = []
    outage = Outage(2.0, lambda: told.append("declared"), 10.0, lambda: told.append("forgotten"))
    outage.begin("broker")
    outage.begin("broker")
    outage.end()
    await asyncio.sleep(20.0)
    assert (told, outage.declared) == ([], False)


@simulated
async def test_D26_a_silent_host_is_told_when_the_lease_lapses(world: World) -> None:
    """A partition says nothing; a watcher hears of it no later than a reader would."""
    (caller,) = world.callers
    changes = caller.carts.changes.total("1")
    first = await anext(changes)
    world.network.partition(world.servers["carts"].name)
    async with asyncio.timeout(HOP + 0.1):
        assert (await anext(changes)).is_suspended
    world.network.heal()
    assert await anext(changes) is first
    assert first.is_consistent


@simulated
async def test_D26_D6c_a_host_that_cannot_vouch_for_a_value_is_told(world: World) -> None:
    """The carts are cut off from the products: whoever watches a total two hops away learns it."""
    (caller,) = world.callers
    changes = caller.carts.changes.total("1")
    first = await anext(changes)
    world.network.partition(world.servers["products"].name)
    assert (await anext(changes)).is_suspended
    world.network.heal()
    assert await anext(changes) is first
    assert first.is_consistent


@simulated
async def test_D6c_what_is_fresh_again_is_told_over_each_hop_at_once(world: World) -> None:
    """The carts probe the products each second; their own callers need not ask again."""
    (caller,) = world.callers
    changes = caller.carts.changes.total("1")
    first = await anext(changes)
    world.network.partition(world.servers["products"].name)
    assert (await anext(changes)).is_suspended
    world.network.heal()
    async with asyncio.timeout(1.0 + MESSAGES):
        assert await anext(changes) is first


@simulated
async def test_D26_what_was_made_from_a_replica_tells_its_watchers_too(world: World) -> None:
    """In another graph as well: a computed of one's own, and a state that is kept up to date."""
    (caller,) = world.callers
    doubled = computed(lambda: _doubled(caller.carts))
    async with ComputedState(lambda: _doubled(caller.carts)) as state:
        for changes in (doubled.changes(), state.changes()):
            first = await anext(changes)
            world.clients[0].disconnect()
            assert (await anext(changes)).is_suspended
            world.clients[0].reconnect()
            assert await anext(changes) is first
            assert not first.is_suspended


async def _doubled(carts: object) -> Decimal:
    total: Decimal = await carts.total("1")  # type: ignore[attr-defined]
    return 2 * total


@simulated
async def test_D26_a_strict_read_in_an_outage_fails_soon_and_names_the_broker(
    world: World,
) -> None:
    """Cached or not, within the grace at the beginning, later at once; `stale_ok` still answers."""
    (caller,) = world.callers
    carts = caller.carts.with_options(timeout=60.0)
    replica = await carts.computed.total("1")
    world.clients[0].disconnect()
    begun = now()
    with pytest.raises(RemoteUnavailable, match=BROKER):
        await carts.total("never read")
    assert now() - begun == pytest.approx(2.0, abs=0.1)
    assert not replica.is_consistent
    for id in ("1", "another"):
        begun = now()
        with pytest.raises(RemoteUnavailable, match=BROKER):
            await carts.total(id)
        assert now() == begun
    assert await carts.with_options(stale_ok=True).total("1") == 1
    world.clients[0].reconnect()
    async with asyncio.timeout(5.0):
        assert await carts.total("1") == 1
    assert replica.is_consistent


@simulated
async def test_D26_a_deadline_that_ends_within_the_grace_tells_the_cause_as_well(
    world: World,
) -> None:
    """The service's host is not blamed for a connection that is known to be gone; a command that
    was sent before may have run, one that was made since may not (D13)."""
    (caller,) = world.callers
    products = caller.products.with_options(timeout=0.5)
    await products.get("p")
    world.network.partition(world.servers["products"].name)
    sent = asyncio.ensure_future(products.set_price("p", world.new_price()))
    await asyncio.sleep(0.1)
    world.clients[0].disconnect()
    with pytest.raises(RemoteUnavailable, match=BROKER):
        await caller.carts.with_options(timeout=0.5).total("never read")
    with pytest.raises(OutcomeUnknown, match=BROKER):
        await sent
    with pytest.raises(RemoteUnavailable, match=BROKER) as caught:
        await products.set_price("p", world.new_price())
    assert not caught.value.may_have_run


@simulated
async def test_D26_a_read_that_waits_for_a_proof_learns_of_the_outage(world: World) -> None:
    """The host was silent first, then the connection is lost: the read ends with that."""
    (caller,) = world.callers
    carts = caller.carts.with_options(timeout=60.0)
    world.network.partition(world.servers["carts"].name)
    await asyncio.sleep(HOP + 0.1)
    reading = asyncio.ensure_future(carts.total("1"))
    await asyncio.sleep(0.1)
    world.clients[0].disconnect()
    with pytest.raises(RemoteUnavailable, match=BROKER):
        await reading


def test_D26_a_command_that_may_have_run_waits_and_one_that_never_left_fails() -> None:
    """What was under way is answered after the outage; what is begun in it fails at once."""

    async def scenario() -> None:
        network = MemoryNetwork()
        lab = TinyLab()
        async with (
            Host(transport=network.connect("serving")) as serving,
            Host(transport=network.connect("calling")) as calling,
        ):
            await serving.serve(lab)
            client = calling.client(LabClient).with_options(timeout=60.0)
            under_way = asyncio.ensure_future(client.slow_put("a", 1))
            await asyncio.sleep(0.1)
            network.disconnect("calling")
            in_the_grace = asyncio.ensure_future(client.put("b", 2))
            await asyncio.sleep(2.1)
            with pytest.raises(RemoteUnavailable, match=BROKER):
                await in_the_grace
            with pytest.raises(RemoteUnavailable, match=BROKER):
                await client.put("c", 3)
            network.reconnect("calling")
            lab.gate.set()
            assert await under_way == 1
            assert lab.data == {"a": 1}

    run(scenario(), seed=0)


TRIES: list[Callable[[LabClient, ComputedNode[int]], Awaitable[object]]] = [
    lambda client, _: client.get("held"),
    lambda client, _: client.get("never read"),
    lambda client, _: value_of(client.computed.get("never read")),
    lambda client, _: client.echo("plain"),
    lambda client, _: client.put("command", 1),
    lambda client, _: anext(client.count(1)),
    lambda _, made: made.use(),
]


async def value_of(computed: Awaitable[Computed[int]]) -> int:
    return (await computed).value


@pytest.mark.parametrize("attempt", TRIES)
async def test_D26_who_tries_again_without_a_pause_does_not_keep_the_loop(
    attempt: Callable[[LabClient, ComputedNode[int]], Awaitable[object]],
) -> None:
    """Whatever fails at once, the loop has its turn before: so the connection can come back."""
    network = MemoryNetwork()
    async with (
        Host(transport=network.connect("serving")) as serving,
        Host(transport=network.connect("calling"), outage_grace=0.01) as calling,
    ):
        await serving.serve(TinyLab({"held": 1, "never read": 2}))
        client = calling.client(LabClient)
        made = computed(lambda: client.get("held"))
        await made.use()
        network.disconnect("calling")
        await asyncio.sleep(0.02)
        asyncio.get_running_loop().call_later(0.02, network.reconnect, "calling")
        for _ in range(1_000_000):
            with suppress(RemoteUnavailable):
                await attempt(client, made)
                return
        pytest.fail("the connection never came back")


def test_D13_what_fails_in_an_outage_says_whether_it_may_have_run() -> None:
    """A result that was asked for before may be being made; what is asked in it is not."""

    async def scenario() -> None:
        network = MemoryNetwork()
        async with (
            Host(transport=network.connect("serving")) as serving,
            Host(transport=network.connect("calling")) as calling,
        ):
            await serving.serve(TinyLab())
            client = calling.client(LabClient).with_options(timeout=60.0)
            under_way = asyncio.ensure_future(client.slow("a"))
            await asyncio.sleep(0.1)
            network.disconnect("calling")
            in_the_grace = asyncio.ensure_future(client.slow("b"))
            for call, may_have_run in ((under_way, True), (in_the_grace, False)):
                with pytest.raises(RemoteUnavailable, match=BROKER) as caught:
                    await call
                assert caught.value.may_have_run is may_have_run

    run(scenario(), seed=0)


def test_D26_the_grace_is_the_hosts_choice() -> None:
    """A shorter one tells sooner; with an endless one a read waits for its own time."""

    async def scenario(grace: float, seconds: float) -> None:
        network = MemoryNetwork()
        async with (
            Host(transport=network.connect("serving")) as serving,
            Host(transport=network.connect("calling"), outage_grace=grace) as calling,
        ):
            await serving.serve(TinyLab())
            client = calling.client(LabClient)
            await client.get("a")
            network.disconnect("calling")
            begun = now()
            with pytest.raises(RemoteUnavailable, match=BROKER):
                await client.get("b")
            assert now() - begun == pytest.approx(seconds, abs=0.1)

    run(scenario(0.5, 0.5), seed=0)
    run(scenario(float("inf"), 10.0), seed=0)


def test_D26_waiting_for_a_value_in_an_outage_does_not_spin() -> None:
    """`when` tries again later and later, and sees what came after the outage."""

    async def scenario() -> None:
        network = MemoryNetwork()
        lab = TinyLab({"a": 1})
        async with (
            Host(transport=network.connect("serving")) as serving,
            Host(transport=network.connect("calling")) as calling,
        ):
            await serving.serve(lab)
            client = calling.client(LabClient)
            seen: list[int] = []

            def big(value: int) -> bool:
                seen.append(value)
                return value > 9

            first = await client.computed.get("a")
            network.disconnect("calling")
            await asyncio.sleep(3.0)
            waiting = asyncio.ensure_future(first.when(big))
            await asyncio.sleep(60.0)
            assert not waiting.done() and len(seen) <= 1
            await lab.put("a", 10)
            network.reconnect("calling")
            async with asyncio.timeout(5.0):
                assert (await waiting).value == 10

    run(scenario(), seed=0)


async def test_D26_a_killed_broker_is_told_and_so_is_its_return(nats_process: NatsServer) -> None:
    """The same over a real broker, which is named by its address."""
    lab = TinyLab({"a": 1})
    url = nats_process.url
    async with Host(url, outage_grace=0.2) as serving, Host(url, outage_grace=0.2) as calling:
        await serving.serve(lab)
        client = calling.client(LabClient)
        changes: AsyncIterator[Computed[int]] = client.changes.get("a")
        first = await anext(changes)
        nats_process.kill()
        assert await anext(changes) is first
        assert first.is_suspended
        with pytest.raises(RemoteUnavailable, match=f"the broker {url} is lost"):
            await client.get("a")
        nats_process.start()
        assert (await anext(changes)).is_consistent
        assert await client.get("a") == 1
