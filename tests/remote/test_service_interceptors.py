"""Interceptors of one service, within those of its host; and what they are around of a command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from fusionrt import Call, CallKind, Host, Interceptor, Next, NotBoundError, Session, operation
from fusionrt.graph import Graph
from fusionrt.testing import eventually
from fusionrt.transport.memory import MemoryNetwork
from tests.golden.modes.expected.notes import NotesClient
from tests.lab import Broken, Lab, LabClient, Pair, TinyLab
from tests.remote.test_interceptors import Seen
from tests.remote.test_modes import Notes
from tests.shards.generated.rooms import RoomsClient
from tests.shards.memory import RoomsInMemory, Truth
from tests.streams.contracts import Page, Refused
from tests.streams.generated.flows import FlowsClient
from tests.streams.world import MyFlows, Source


@asynccontextmanager
async def linked(
    own: list[Interceptor], of_host: list[Interceptor] | None = None, lab: TinyLab | None = None
) -> AsyncIterator[Pair]:
    """A lab with interceptors of its own, on a host with others, and a client of it."""
    network = MemoryNetwork(1)
    lab = TinyLab({"a": 1}) if lab is None else lab
    transport = network.connect("calling")
    async with (
        Host(transport=network.connect("serving"), interceptors=of_host or ()) as host,
        Host(transport=transport, principal="bob") as other,
    ):
        await host.serve(lab, interceptors=own)
        yield Pair(host, other, lab, other.client(LabClient), transport)
        lab.gate.set()


def _remote(pair: Pair) -> Lab:
    return pair.client


def _local(pair: Pair) -> Lab:
    return pair.lab


WAYS = pytest.mark.parametrize("way", [_remote, _local], ids=["remote", "local"])
Way = Callable[[Pair], Lab]


@WAYS
async def test_they_come_within_those_of_the_host(way: Way) -> None:
    """For each kind of method: the host's in their order, then the service's in theirs."""
    order: list[str] = []
    of_host: list[Interceptor] = [Seen("a", order), Seen("b", order)]
    own: list[Interceptor] = [Seen("c", order), Seen("d", order)]

    async def count() -> list[int]:
        return [number async for number in lab.count(2)]

    async with linked(own, of_host) as pair:
        lab = way(pair)
        calls: list[tuple[Callable[[], Awaitable[Any]], object]] = [
            (lambda: lab.get("a"), 1),
            (lambda: lab.echo("x"), "x"),
            (lambda: lab.put("a", 2), 2),
            (count, [0, 1]),
        ]
        for call, result in calls:
            order.clear()
            assert await call() == result
            await eventually(lambda: len(order) == 8)
            assert order == ["a>", "b>", "c>", "d>", "<d", "<c", "<b", "<a"]


@WAYS
async def test_a_hit_is_answered_without_them(way: Way) -> None:
    """Here and in another process; a recomputation has them again."""
    seen = Seen()
    async with linked([seen]) as pair:
        lab = way(pair)
        assert [await lab.get("a") for _ in range(3)] == [1, 1, 1]
        assert seen.methods == ["get"]
        await lab.put("a", 2)
        assert await lab.get("a") == 2
        assert seen.methods == ["get", "put", "get"]


@WAYS
async def test_one_that_refuses_lets_nothing_run(way: Way) -> None:
    """Of a command this means that it never began: what it names stays valid."""
    closed = False

    async def refuse(call: Call, next: Next) -> Any:
        if closed:
            raise Broken(call.method, count=1)
        return await next()

    async with linked([refuse]) as pair:
        lab = way(pair)
        assert await lab.get("a") == 1
        computed = pair.lab.peek.get("a")
        closed = True
        for call in (lab.put("a", 2), lab.echo("x"), lab.get("b")):
            with pytest.raises(Broken):
                await call
        with pytest.raises(Broken):
            [_ async for _ in lab.count(2)]
        assert computed is not None and computed.is_consistent
        assert (pair.lab.ran, pair.lab.produced) == (["get a"], 0)


async def test_one_service_has_them_and_its_neighbours_do_not() -> None:
    """One-way calls of it, too."""
    seen, all_, notes = Seen(), Seen(), Notes()
    notes.gate.set()
    async with linked([], [all_]) as pair:
        await pair.serving.serve(notes, interceptors=[seen])
        await pair.calling.client(NotesClient).note("tea")
        await notes.note("milk")
        await pair.client.echo("x")
        await eventually(lambda: len(notes.ran) == 2)
        assert sorted(call.arguments for call in seen.calls) == [("milk",), ("tea",)]
        assert {call.kind for call in seen.calls} == {CallKind.ONEWAY}
        assert sorted(all_.methods) == ["echo", "note", "note"]


@pytest.mark.parametrize("remote", [True, False], ids=["remote", "local"])
async def test_they_are_around_what_streams_in_whatever_form(remote: bool) -> None:
    """What is sent a stream, what comes behind a head, and a command that is sent one."""
    seen, network, service = Seen(), MemoryNetwork(1), MyFlows()
    async with (
        Host(transport=network.connect("serving")) as host,
        Host(transport=network.connect("calling")) as calling,
    ):
        await host.serve(service, interceptors=[seen])
        flows = calling.client(FlowsClient) if remote else service
        assert await flows.sum(Source(3).numbers()) == 3
        assert await flows.load("a", Source(3).rows()) == 3
        assert [n async for n in flows.doubled(Source(2).numbers())] == [0, 2]
        page, rows = await flows.open("a", 2)
        assert page == Page("a", 2)
        assert seen.order[:7] == [">", "<"] * 3 + [">"]
        assert [row.number async for row in rows] == [0, 1]
        await eventually(lambda: len(seen.order) == 8)
        assert seen.methods == ["sum", "load", "doubled", "open"]
        with pytest.raises(Refused):
            await flows.load("refused", Source(1).rows())
        assert seen.order[-1] == "<"


async def test_what_a_client_offers_has_them() -> None:
    """The host that calls it sees what they make of it."""

    async def twofold(call: Call, next: Next) -> Any:
        return 2 * await next()

    network, notes = MemoryNetwork(1), Notes()
    notes.gate.set()
    async with (
        Host(transport=network.connect("serving")) as serving,
        Host(transport=network.connect("calling"), principal="bob") as calling,
    ):
        await serving.serve(TinyLab({"a": 1}))
        await calling.offer(notes, interceptors=[twofold])
        assert await calling.client(LabClient).get("a") == 1
        (session,) = serving.statistics().services["lab"].sessions
        asker = Session(f"{session.principal}.{session.client}")
        assert await serving.client(NotesClient, of=asker).append("tea") == 2
        assert calling.statistics().interceptors == {
            "notes": ("test_what_a_client_offers_has_them.<locals>.twofold",)
        }


async def test_a_sharded_service_has_them() -> None:
    """On the host that owns the room."""
    seen, network = Seen(), MemoryNetwork(1)
    async with (
        Host(transport=network.connect("serving")) as serving,
        Host(transport=network.connect("calling")) as calling,
    ):
        await serving.serve(RoomsInMemory("a", Truth(), 0.0), interceptors=[seen])
        client = calling.client(RoomsClient).with_options(retries=8)
        assert await client.say("hall", "hello") == 1
        assert await client.count("hall") == 1
        assert {"say", "count"} <= {*seen.methods}


async def test_their_order_is_told() -> None:
    """By name, for each service; what measures is there, too, around all."""

    async def audit(call: Call, next: Next) -> Any:
        return await next()

    class Limit:
        async def __call__(self, call: Call, next: Next) -> Any:
            return await next()

        async def gate(self, call: Call, next: Next) -> Any:
            return await next()

    name = "test_their_order_is_told.<locals>"
    host = Host(transport=MemoryNetwork(1).connect("x"), interceptors=[audit], metrics=True)
    async with host:
        await host.serve(TinyLab(), interceptors=(each for each in (Limit(), Limit().gate)))
        await host.serve(Notes())
        assert host.statistics().interceptors == {
            "lab": ("Meter", f"{name}.audit", f"{name}.Limit", f"{name}.Limit.gate"),
            "notes": ("Meter", f"{name}.audit"),
        }
    async with Host(transport=MemoryNetwork(1).connect("x")) as host:
        await host.serve(TinyLab())
        assert host.statistics().interceptors == {"lab": ()}


async def test_one_in_two_lists_gets_the_graph_once() -> None:
    """When it is first there; it runs as often as it stands there."""

    class Attached(Seen):
        def __init__(self) -> None:
            super().__init__()
            self.graphs: list[Graph] = []

        def attach(self, graph: Graph) -> None:
            self.graphs.append(graph)

    of_host, own = Attached(), Attached()
    async with linked([own, of_host], [of_host]) as pair:
        assert of_host.graphs == own.graphs == [pair.serving.graph]
        await pair.serving.serve(Notes(), interceptors=[own])
        assert len(own.graphs) == 1
        await pair.client.echo("x")
        assert (of_host.methods, own.methods) == (["echo", "echo"], ["echo"])


@pytest.mark.parametrize("wrong", [3, lambda: None, lambda call: None])
async def test_what_is_no_interceptor_is_refused_and_nothing_is_served(wrong: Any) -> None:
    """The service can be served after that."""
    async with Host(transport=MemoryNetwork(1).connect("x")) as host:
        lab = TinyLab({"a": 1})
        with pytest.raises(TypeError, match="async def name"):
            await host.serve(lab, interceptors=[wrong])
        with pytest.raises(TypeError, match="async def name"):
            await host.offer(lab, interceptors=[wrong])
        await host.serve(lab)
        assert await lab.get("a") == 1


async def test_a_service_that_is_refused_keeps_its_own() -> None:
    """By another host, and by its own; one that moves has those of its new place."""
    first, second = Seen(), Seen()
    network, lab = MemoryNetwork(3), TinyLab({"a": 1})
    async with Host(transport=network.connect("one")) as host:
        await host.serve(lab, interceptors=[first])
        async with Host(transport=network.connect("two")) as other:
            for each in host, other:
                with pytest.raises(NotBoundError):
                    await each.serve(lab, interceptors=[second])
        assert await lab.echo("x") == "x"
    async with Host(transport=network.connect("three")) as host:
        await host.serve(lab, interceptors=[second])
        assert await lab.echo("x") == "x"
    assert (first.methods, second.methods) == (["echo"], ["echo"])


class Naming(TinyLab):
    """Its commands tell by which operation they run; `slow_put` is one around another."""

    def __init__(self) -> None:
        super().__init__({"a": 1})
        self.operations: list[str] = []

    async def put(self, key: str, value: int) -> int:
        self.operations.append(operation.id)
        if value < 0:
            raise Broken("value", count=len(self.operations))
        return await super().put(key, value + len(self.operations))

    async def slow_put(self, key: str, value: int) -> int:
        self.operations.append(operation.id)
        return await self.put(key, value)


async def test_a_call_tells_the_operation_of_a_command() -> None:
    """As the body knows it, so of a nested command the outer one's; on the client what it sends,
    which is its principal's."""
    there, here, lab = Seen(), Seen(), Naming()
    async with linked([there], lab=lab) as pair:
        client = pair.client.with_options(interceptors=[here])
        await client.put("a", 1)
        await client.with_options(operation="mine").put("a", 1)
        assert [f"{call.operation}@bob" for call in here.calls] == lab.operations
        assert [call.operation for call in there.calls] == lab.operations
        assert lab.operations[1] == "mine@bob" != lab.operations[0]
        lab.operations.clear()
        there.calls.clear()
        await lab.slow_put("a", 1)
        assert [call.operation for call in there.calls] == lab.operations
        assert len({*lab.operations}) == 1
        there.calls.clear()
        await client.get("a")
        await client.echo("x")
        assert [n async for n in client.count(1)] == [0]
        assert {call.operation for call in (*there.calls, *here.calls[2:])} == {None}


async def test_a_call_tells_the_operation_of_a_command_that_is_sent_a_stream() -> None:
    """On both sides the same; of a plain method that is sent one none."""
    there, here, network = Seen(), Seen(), MemoryNetwork(1)
    async with (
        Host(transport=network.connect("serving")) as host,
        Host(transport=network.connect("calling"), client_interceptors=[here]) as calling,
    ):
        await host.serve(MyFlows(), interceptors=[there])
        flows = calling.client(FlowsClient)
        await flows.load("a", Source(1).rows())
        await flows.with_options(operation="mine").load("b", Source(1).rows())
        await flows.sum(Source(1).numbers())
        operations = [call.operation for call in here.calls]
        assert operations == [call.operation for call in there.calls]
        assert operations[0] and operations[1:] == ["mine", None]


async def thrice(call: Call, next: Next) -> Any:
    """Makes a call until it succeeds, and then again."""
    for _ in range(2):
        with suppress(Broken):
            await next()
    return await next()


@WAYS
async def test_O13_a_command_that_succeeded_is_not_run_again_by_next(way: Way) -> None:
    """It is one operation: `next()` gives its result again; its keys apply."""
    lab = Naming()
    async with linked([thrice], lab=lab) as pair:
        assert await way(pair).get("a") == 1
        assert await way(pair).put("a", 5) == 6
        assert lab.ran.count("put a") == 1
        assert await way(pair).get("a") == 6
        lab.operations.clear()
        assert await way(pair).slow_put("a", 5) == 7
        assert len(lab.operations) == 2, "the nested one, too"


@WAYS
async def test_a_command_that_failed_is_tried_again_by_next(way: Way) -> None:
    """On its host, as the same operation: each time what it collected applies (O20)."""
    lab = Naming()
    async with linked([thrice], lab=lab) as pair:
        with pytest.raises(Broken, match="3 of value"):
            await way(pair).put("a", -1)
        assert len(lab.operations) == 3
        assert len({*lab.operations}) == 1


async def test_O13_a_client_s_command_is_one_operation_however_often_next_is_called() -> None:
    """It runs once; what became of it is told again, an error as well. So, too, with a stream."""
    lab, network, flows = Naming(), MemoryNetwork(1), MyFlows()
    async with linked([], lab=lab) as pair:
        client = pair.client.with_options(interceptors=[thrice])
        assert await client.put("a", 5) == 6
        with pytest.raises(Broken, match="2 of value"):
            await client.put("a", -1)
        assert len(lab.operations) == 2
    async with (
        Host(transport=network.connect("serving")) as host,
        Host(transport=network.connect("calling"), client_interceptors=[thrice]) as calling,
    ):
        await host.serve(flows)
        assert await calling.client(FlowsClient).load("a", Source(3).rows()) == 3
        assert flows.loads == ["a"]


@WAYS
async def test_when_next_returns_a_command_is_done(way: Way) -> None:
    """Its keys are applied, and what is to be done after it has been done (O2)."""
    seen: list[object] = []
    lab: TinyLab

    class After(TinyLab):
        async def put(self, key: str, value: int) -> int:
            operation.after_commit(self.after)
            return await super().put(key, value)

        async def after(self) -> None:
            await asyncio.sleep(0)
            seen.append("after")

    async def look(call: Call, next: Next) -> Any:
        result = await next()
        if call.kind is CallKind.COMMAND:
            seen.append(lab.peek.get("a"))
        return result

    lab = After({"a": 1})
    async with linked([look], lab=lab) as pair:
        assert await lab.get("a") == 1
        await way(pair).put("a", 2)
        assert seen == ["after", None]
