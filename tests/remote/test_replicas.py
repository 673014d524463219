"""Replicas: cached and live in the process that uses them."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial

import pytest

from fusionrt import Computed, Host, Origin, OriginKind, RemoteError
from fusionrt.values.keys import Keyer
from fusionrt.wire.limits import Limits
from tests.lab import Broken, LabClient, Pair, TinyLab
from tests.natsserver import NatsServer
from tests.waiting import until


async def test_a_replica_is_read_without_a_call(two: Pair) -> None:
    """The second read, and another read of what it was made from, run no body."""
    assert await two.client.double("a") == 2
    assert await two.client.double("a") == 2
    assert await two.client.get("a") == 1
    assert two.lab.ran == ["double a", "get a"]


async def test_D15_a_command_is_seen_by_the_next_read(two: Pair) -> None:
    """When a command's await returns, its caller's reads show it, of dependants, too."""
    for value in range(100):
        assert await two.client.double("a") == (2 * value if value else 2)
        await two.client.put("a", value + 1)


async def test_G32_changes_normalise_their_arguments_once(
    two: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To normalise may cost as much as to read them: they are those of a whole key."""
    normalize, normalised = Keyer.normalize, []

    def counted(self: Keyer, arguments: tuple[object, ...]) -> tuple[object, ...]:
        normalised.append(arguments)
        return normalize(self, arguments)

    monkeypatch.setattr(Keyer, "normalize", counted)
    two.client.changes.double("a")
    assert normalised == [("a",)]


async def test_changes_in_another_process_arrive_one_by_one(two: Pair) -> None:
    """Each change that is awaited is yielded once, with the command that caused it."""
    changes = two.client.changes.double("a")
    seen = await anext(changes)
    for value in range(2, 20):
        await two.client.put("a", value)
        before, seen = seen, await anext(changes)
        assert seen.value == 2 * value
        assert str(before.origin) == "lab.put invalidated lab.get('a')"


async def test_a_burst_of_changes_coalesces_and_the_last_arrives(two: Pair) -> None:
    """Changes faster than a round trip are not all yielded, but the last value is."""
    changes = two.client.changes.double("a")
    await anext(changes)
    for value in range(500):
        await two.lab.put("a", value)
    yielded = 0
    async for computed in changes:
        yielded += 1
        if computed.value == 2 * 499:
            break
    assert yielded < 100


async def test_D3_a_result_is_invalidated_however_soon(two: Pair) -> None:
    """A change right after, or while, the body ran on the host reaches the replica."""
    reading = asyncio.create_task(two.client.slow("a"))
    await until(lambda: two.lab.waiting)
    two.lab.data["a"] = 7
    two.lab.invalidate.slow("a")
    two.lab.gate.set()
    await reading
    async with asyncio.timeout(5):
        async for computed in two.client.changes.slow("a"):
            if computed.value == 7:
                break


async def test_D17_an_invalidated_replica_is_unregistered(two: Pair) -> None:
    """The host holds nothing for replicas that are gone, and answers of the keep-alive agree."""
    for key in range(50):
        await two.client.get(str(key))
    assert two.on_host().held == 50
    two.calling.graph.invalidate_all(Origin(OriginKind.CALL, "test"))
    await until(lambda: not two.on_host().held)
    await until(lambda: two.on_host().session.registered == 0)


async def test_D17_a_client_that_leaves_is_forgotten(two: Pair, nats_server: str) -> None:
    """A host that closes says so: what is held for it is let go at once."""
    async with Host(nats_server) as visitor:
        await visitor.client(LabClient).get("a")
        await two.client.get("a")
        assert len(two.serving.statistics().services["lab"].sessions) == 2
    await until(lambda: len(two.serving.statistics().services["lab"].sessions) == 1)


async def test_a_collected_watcher_leaves_no_replica_behind(two: Pair) -> None:
    """A replica that was replaced is not kept alive by its registration."""
    replica = weakref.ref(await two.client.computed.get("a"))
    await two.client.put("a", 2)
    await two.client.get("a")
    gc.collect()
    assert replica() is None


async def test_a_declared_error_is_a_replica_too(two: Pair) -> None:
    """An error is a cached value: held on the host, and invalidated like a result."""
    changes = two.client.changes.fail("declared")
    failed = await anext(changes)
    assert isinstance(failed.error, Broken)
    with pytest.raises(Broken):
        await two.client.fail("declared")
    assert two.lab.ran == ["fail declared"]
    two.lab.invalidate.fail("declared")
    again = await asyncio.wait_for(anext(changes), 5)
    assert isinstance(again.error, Broken)
    assert two.lab.ran == ["fail declared"] * 2


async def test_an_error_that_came_from_elsewhere_tells_of_no_frames_here(two: Pair) -> None:
    """They are none of the caller's, and cost a client that is refused by the thousand its time."""
    for _ in range(2):
        with pytest.raises(Broken) as caught:
            await two.client.fail("declared")
        assert not getattr(caught.value, "__notes__", ())


async def test_D2_an_error_that_no_host_holds_is_asked_for_again(two: Pair) -> None:
    """A result that could not be sent is not remembered for long: nobody would invalidate it."""
    with pytest.raises(RemoteError):
        await two.client.blob(2_000_000)
    computed = await two.client.computed.blob(2_000_000)
    await asyncio.wait_for(computed.invalidated(), 5)


async def test_reads_inside_a_command_are_fresh(two: Pair) -> None:
    """A command that reads through a client passes the replica by."""
    assert await two.client.get("a") == 1
    two.lab.data["a"] = 5  # behind the back of the graph

    class Reader(TinyLab):
        async def put(self, key: str, value: int) -> int:
            return await two.client.get(key)

    reader = Reader()
    assert await reader.put("a", 0) == 5


async def test_D2_a_service_that_restarts_is_followed(two: Pair, nats_server: str) -> None:
    """A new instance answers: watchers get its values, whatever the old one had promised."""
    async with aclosing(_values(two.client)) as values:
        assert await anext(values) == 1
        await two.serving.__aexit__(None, None, None)
        await two.serving.__aenter__()
        await two.serving.serve(TinyLab({"a": 11}))
        async with asyncio.timeout(15):
            while await anext(values) != 11:
                pass
    assert await two.client.get("a") == 11


async def _values(client: LabClient) -> AsyncGenerator[int | None, None]:
    async for computed in client.changes.get("a"):
        yield computed.value if computed.error is None else None


async def test_D10_a_restarted_broker_loses_no_change(nats_process: NatsServer) -> None:
    """A change that is made while the broker is away arrives when it is back; no value is lost."""
    lab = TinyLab({"a": 1})
    async with Host(nats_process.url) as serving, Host(nats_process.url) as calling:
        await serving.serve(lab)
        client = calling.client(LabClient)
        changes = client.changes.double("a")
        assert (await anext(changes)).value == 2
        for value in (5, 6):
            nats_process.kill()
            await lab.put("a", value)
            nats_process.start()
            async with asyncio.timeout(20):
                while (await anext(changes)).value != 2 * value:
                    pass


async def test_D6b_a_session_that_resumes_keeps_its_values(nats_process: NatsServer) -> None:
    """After a reconnection without any change nothing is computed again, and nothing is told."""
    lab = TinyLab({"a": 1})
    async with Host(nats_process.url) as serving, Host(nats_process.url) as calling:
        await serving.serve(lab)
        client = calling.client(LabClient)
        computed = await client.computed.double("a")
        told: list[Computed[int]] = []
        computed.on_invalidated(told.append)
        nats_process.restart()
        for host in (serving, calling):
            await until(lambda host=host: host.statistics().transport.reconnects)  # type: ignore[misc]
        await until(lambda: computed.is_consistent)
        assert (await client.double("a"), told) == (2, [])
        assert lab.ran == ["double a", "get a"]


async def test_G34_replicas_are_kept_by_their_use(two: Pair) -> None:
    """A scan of many keys lets the ones go that nobody reads again, and no other."""
    two.calling.graph.room.limit = 50
    replicas = two.client._fusion.function("get")
    for scanned in range(400):
        assert await two.client.get("a") == 1
        assert await two.client.get(f"scanned {scanned}") == 0
        assert two.calling.graph.room.size <= 50
    assert two.calling.graph.room.evicted >= 300
    assert replicas.bodies == 401
    assert two.lab.ran.count("get a") == 1


async def test_G16_explain_names_the_remote_service(two: Pair) -> None:
    """And what that said: the command, and the key that it invalidated there."""
    held = await two.client.computed.double("a")
    changes = two.client.changes.double("a")
    await anext(changes)
    await two.client.put("a", 5)
    await anext(changes)
    assert str(two.calling.graph.explain(held)) == (
        "lab.double('a') was invalidated\n"
        "  because the remote service lab said so: lab.put invalidated lab.get('a')\n"
        "  → lab.double('a')"
    )


async def test_statistics_of_a_client_count_reads_of_replicas(two: Pair) -> None:
    """A replica's read is a hit; what had to be asked for is a miss."""
    for _ in range(10):
        await two.client.double("a")
    reads = two.calling.graph.statistics().methods["lab.double"]
    assert (reads.hits, reads.misses) == (9, 1)


@pytest.fixture
def few_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host holds ten results for one client."""
    monkeypatch.setattr("fusionrt.rpc.host.responder.Limits", partial(Limits, held=10))


@pytest.mark.usefixtures("few_held")
async def test_G34_a_session_holds_as_many_results_as_its_quota(two: Pair) -> None:
    """Beyond that the oldest is invalidated, at the client as well; both ends forget it."""
    held = [await two.client.computed.get(str(number)) for number in range(25)]
    await two.client.echo("everything was told")
    assert [computed.is_consistent for computed in held] == [False] * 15 + [True] * 10
    assert "too many" in str(held[0].origin)
    assert two.on_host().held == 10
    assert len(two.peer().sessions) == 1
    await until(lambda: two.on_host().session.registered == 10)
