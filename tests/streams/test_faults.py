"""Streams to a service through faults: each item once and in order, or a clear error (D18, D19)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from fusionrt import Host, OutcomeUnknown, RemoteUnavailable
from fusionrt.primitives import now
from fusionrt.rpc import Ask, Failed
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork
from fusionrt.wire.digest import method_id
from fusionrt.wire.frames import Kind
from fusionrt.wire.limits import Limits, Timing
from fusionrt.wire.runs import Request
from tests.natsserver import NatsServer
from tests.streams.contracts import Row
from tests.streams.generated.flows import FlowsClient
from tests.streams.world import MyFlows, Source, World, in_memory, over_nats
from tests.waiting import SOONER, until

MANY = 10_000
HEAVY = Faults(delay=(0.0, 0.01), drop=0.15, duplicate=0.1)


def test_D18_what_is_sent_arrives_over_a_network_that_loses() -> None:
    """Messages of both ways are lost and doubled; no item is."""
    for seed in range(10):
        run(lossy(seed), seed=seed)


async def lossy(seed: int) -> None:
    """Streams in all directions; time is virtual."""
    async with in_memory(seed=seed, timing=Timing()) as world:
        assert await world.flows.sum(Source(1).numbers()) == 0
        assert world.network is not None
        world.network.faults = HEAVY
        client = world.client.with_options(timeout=1000.0)
        got = [number async for number in client.doubled(Source(MANY).numbers())]
        assert got == [2 * number for number in range(MANY)]
        assert await client.sum(Source(MANY).numbers()) == sum(range(MANY))
        assert await client.load("a", Source(MANY).rows()) == sum(range(MANY))
        assert world.service.loads == ["a"]
        last = [number async for number in client.ticks(MANY)]
        assert last[-1] == MANY - 1
        world.network.faults = Faults()


@pytest.mark.parametrize("end", ["serving", "calling"])
async def test_D18_a_cut_in_the_middle_is_made_up_for(remote: World, end: str) -> None:
    """Whichever end loses its connection: the same call goes on."""
    network, service = remote.network, remote.service
    assert network is not None
    source = Source(MANY)
    service.pace.clear()
    call = asyncio.ensure_future(remote.flows.sum(source.numbers()))
    await until(lambda: source.given > 1000)
    network.disconnect(end)
    service.pace.set()
    await until(lambda: service.seen > 100)
    network.reconnect(end)
    assert await call == sum(range(MANY))
    assert service.seen == MANY


@pytest.mark.parametrize("outage", [8.0, None])
def test_D18_streams_end_in_an_outage_that_their_host_does_not_remember(
    outage: float | None,
) -> None:
    """Nobody waits for ever for what cannot be resumed: the cause is told in the outage, to who
    reads, and to who sends. In a shorter one they wait, and go on.
    """

    async def scenario() -> None:
        async with in_memory(seed=1, timing=Timing()) as world:
            assert world.network is not None
            client = world.client.with_options(timeout=1000.0)
            world.service.pace.clear()
            source = Source(MANY)
            sending = asyncio.ensure_future(client.sum(source.numbers()))
            both_ways = client.doubled(forever())
            assert await anext(both_ways) == 0
            reading = asyncio.ensure_future(anext(both_ways))
            await until(lambda: source.given > 0)
            world.network.disconnect("calling")
            began = now()
            if outage is not None:
                await asyncio.sleep(outage)
                assert not (reading.done() or sending.done())
                world.network.reconnect("calling")
                world.service.pace.set()
                assert (await sending, source.closed) == (sum(range(MANY)), True)
                reading.cancel()
                return
            with pytest.raises(RemoteUnavailable, match="connection to the broker"):
                await reading
            with pytest.raises(OutcomeUnknown, match="connection to the broker"):
                await sending
            assert now() - began == pytest.approx(Timing().session)
            await until(lambda: source.closed)

    run(scenario(), seed=1)


async def forever() -> AsyncIterator[int]:
    """One item, and then nothing."""
    yield 0
    await asyncio.Event().wait()


async def test_D18_a_lost_host_ends_both_ends_with_a_clear_error(remote: World) -> None:
    """The caller is told, its iterator is closed; another host is not given the rest."""
    source = Source(3, waits=asyncio.Event())
    assert remote.network is not None
    async with Host(transport=remote.network.connect("another"), timing=SOONER) as another:
        call = asyncio.ensure_future(remote.flows.sum(source.numbers()))
        await until(lambda: remote.service.seen == 3)
        await another.serve(MyFlows())
        remote.network.crash("serving")
        with pytest.raises(OutcomeUnknown):
            await asyncio.wait_for(call, 20.0)
        assert source.closed
        assert await remote.flows.sum(Source(3).numbers()) == 3


async def test_D13_the_outcome_of_a_command_is_unknown_whose_host_is_lost(remote: World) -> None:
    """Its rows were sent to one host; no other one gets them."""
    source = Source(3, waits=asyncio.Event())
    assert remote.network is not None
    call = asyncio.ensure_future(remote.flows.load("a", source.rows()))
    await until(lambda: source.given == 3)
    remote.network.crash("serving")
    with pytest.raises(OutcomeUnknown):
        await asyncio.wait_for(call, 20.0)
    await until(lambda: source.closed)


async def test_D13_an_idempotent_call_is_made_again_until_it_has_sent_items(
    remote: World,
) -> None:
    """Its body had begun, and read nothing: another host has all of it. What was sent is gone."""
    assert remote.network is not None
    source = Source(3)
    remote.service.pace.clear()
    async with Host(transport=remote.network.connect("another"), timing=SOONER) as another:
        call = asyncio.ensure_future(remote.flows.count(source.numbers()))
        await until(lambda: remote.service.counting == 1)
        await another.serve(second := MyFlows())
        remote.network.crash("serving")
        assert await asyncio.wait_for(call, 20.0) == 3
        assert second.counting == 1
        source = Source(3, waits=asyncio.Event())
        call = asyncio.ensure_future(remote.flows.count(source.numbers()))
        await until(lambda: second.seen == 6)
        async with Host(transport=remote.network.connect("third"), timing=SOONER) as third:
            await third.serve(last := MyFlows())
            remote.network.crash("another")
            with pytest.raises(RemoteUnavailable) as caught:
                await asyncio.wait_for(call, 20.0)
        assert not isinstance(caught.value, OutcomeUnknown)
        assert (second.counting, last.counting) == (2, 0)
        await until(lambda: source.closed)


@pytest.mark.parametrize("command", [False, True])
async def test_D22_what_is_sent_items_has_its_outcome_when_its_host_leaves(command: bool) -> None:
    """It is a call like others: its host has all of the items, and ends it."""
    network, source = MemoryNetwork(1), Source(3, waits=(rest := asyncio.Event()))
    leaving = await Host(transport=network.connect("leaving"), timing=SOONER).__aenter__()
    await leaving.serve(service := MyFlows())
    async with Host(transport=network.connect("calling"), timing=SOONER) as calling:
        flows = calling.client(FlowsClient)
        made = flows.load("a", source.rows()) if command else flows.sum(source.numbers())
        call = asyncio.ensure_future(made)
        await until(lambda: source.given == 3)
        closing = asyncio.ensure_future(leaving.__aexit__(None, None, None))
        await until(lambda: calling.statistics().caller.peers["flows"].sessions[0].leaving)
        rest.set()
        assert await call == 3
        await closing
        assert source.closed and service.loads == ["a"] * command


async def test_D13_a_call_that_no_body_reads_is_made_again_elsewhere(remote: World) -> None:
    """Nothing was taken from its iterator, so another host can have all of it."""
    source = Source(3)
    assert remote.network is not None and remote.serving is not None
    async with Host(transport=remote.network.connect("another"), timing=SOONER) as another:
        remote.network.partition("serving")
        call = asyncio.ensure_future(remote.flows.sum(source.numbers()))
        await asyncio.sleep(0.1)
        assert not source.given
        await another.serve(MyFlows())
        assert await asyncio.wait_for(call, 20.0) == 3
        remote.network.heal()


async def test_D18_a_body_sees_that_its_caller_is_gone(remote: World) -> None:
    """A client that vanishes is forgotten, and what it was sending ends."""
    source = Source(3, waits=asyncio.Event())
    assert remote.network is not None
    call = asyncio.ensure_future(remote.flows.sum(source.numbers()))
    await until(lambda: remote.service.seen == 3)
    remote.network.crash("calling")
    await until(lambda: remote.service.caught, within=20.0)
    assert isinstance(remote.service.caught[0], asyncio.CancelledError)
    call.cancel()


async def test_D18_a_slow_body_bounds_what_its_caller_makes(remote: World) -> None:
    """Credit comes with consumption: the iterator waits where the window ends."""
    source = Source()
    remote.service.pace.clear()
    call = asyncio.ensure_future(remote.flows.sum(source.numbers()))
    await until(lambda: source.given > Limits().window)
    await asyncio.sleep(0.1)
    assert source.given <= Limits().window + 2
    call.cancel()
    await until(lambda: source.closed)


async def test_D18_a_slow_body_bounds_the_bytes_its_caller_makes(remote: World) -> None:
    """Few large items are many, too."""
    made = 0

    async def blobs() -> AsyncIterator[bytes]:
        nonlocal made
        while True:
            made += 1
            yield bytes(100_000)

    remote.service.pace.clear()
    call = asyncio.ensure_future(remote.flows.blobs(blobs()))
    await until(lambda: made > 5)
    await asyncio.sleep(0.1)
    assert made * 100_000 <= Limits().window_bytes + 300_000
    call.cancel()


@pytest.mark.parametrize("way", ["up", "down", "both"])
async def test_D18_a_broker_that_restarts_costs_no_item(nats_process: NatsServer, way: str) -> None:
    """In mid-stream, over a real broker, in each direction and both; sessions last longer than a
    broker takes to come up on a busy machine.
    """
    async with over_nats(nats_process.url, Timing(session=60.0)) as world:
        client = world.client.with_options(timeout=80.0)
        count, paused = 3_000, list[int]()

        async def pause(number: int) -> None:
            if number % 50 == 0:
                paused.append(number)
                await asyncio.sleep(0.01)

        async def slow_rows() -> AsyncIterator[Row]:
            for number in range(count):
                await pause(number)
                yield Row(number)

        async def run() -> list[int]:
            if way == "up":
                return [await client.load("a", slow_rows())]
            if way == "down":
                got = []
                _, rows = await client.open("all", count)
                async for row in rows:
                    got.append(row.number)
                    await pause(row.number)
                return got
            _, _, rows = await client.relay("a", slow_rows())
            return [row.number async for row in rows]

        call = asyncio.ensure_future(run())
        await until(lambda: len(paused) > 10)
        assert not call.done()
        nats_process.restart()
        got = await asyncio.wait_for(call, 80.0)
        assert got == ([sum(range(count))] if way == "up" else [*range(count)])


def test_D22_a_host_that_drains_ends_what_is_sent_to_it() -> None:
    """As with streams: the caller is told to begin anew, elsewhere."""
    run(drained_amid_a_stream(), seed=1)


async def drained_amid_a_stream() -> None:
    service = MyFlows()
    network = MemoryNetwork(1)
    async with Host(transport=network.connect("calling"), timing=SOONER) as calling:
        source = Source(3, waits=asyncio.Event())
        async with Host(transport=network.connect("serving"), timing=SOONER) as serving:
            await serving.serve(service)
            client = calling.client(FlowsClient)
            call = asyncio.ensure_future(client.sum(source.numbers()))
            await until(lambda: service.seen == 3)
        with pytest.raises(OutcomeUnknown):
            await asyncio.wait_for(call, 20.0)
        await until(lambda: source.closed)


async def test_a_client_that_does_not_know_of_items_ends_the_body(remote: World) -> None:
    """An old client calls a stream that is sent something now: the body is told."""
    peer = remote.client._fusion._peer
    request = Request(Ask(Kind.STREAM, method_id("sum")), b"\x90", now() + 10.0)
    with pytest.raises(Failed, match="sends no items"):
        async for _ in peer.stream(request):
            pass
    plain = Request(Ask(Kind.PLAIN, method_id("sum")), b"\x90", now() + 10.0)
    with pytest.raises(Failed, match="no plain method"):
        await peer.call(plain)
