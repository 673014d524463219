"""What one principal may have is bounded over all its processes; others lose nothing (D27, D30)."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, cast

import msgspec
import pytest

from fusionrt import Host, Overloaded, Quota
from fusionrt.primitives import now
from fusionrt.rpc import Subjects
from fusionrt.rpc.host import gate
from fusionrt.rpc.host.accounts import RECOUNT, Account, Usage
from fusionrt.rpc.host.servant import Answer, Bodies
from fusionrt.rpc.host.statistics import AccountStatistics
from fusionrt.rpc.host.work import Line, Work
from fusionrt.testing import run
from fusionrt.transport import Message
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.wire.digest import method_id
from fusionrt.wire.envelopes import decode_host_envelope, encode_client_envelope
from fusionrt.wire.frames import (
    VERSION,
    Calls,
    Cancel,
    ClientFrame,
    Encoding,
    Failure,
    Hello,
    Kind,
    Results,
)
from tests.lab import LabClient, TinyLab, peer_of
from tests.waiting import until


class World:
    """A lab, served with a quota, and processes of principals that call it."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.network = MemoryNetwork(1)
        self.lab = TinyLab({"a": 1})
        self.serving: Host
        self._stack = stack
        self._count = 0

    async def client(self, principal: str) -> LabClient:
        """In a process of its own."""
        self._count += 1
        transport = self.network.connect(f"client{self._count}")
        host = await self._stack.enter_async_context(Host(transport=transport, principal=principal))
        return host.client(LabClient)

    def has(self, principal: str) -> AccountStatistics:
        """What the host tells of a principal."""
        service = self.serving.statistics().services["lab"]
        return next(each for each in service.principals if each.principal == principal)


@asynccontextmanager
async def world(quota: Quota) -> AsyncIterator[World]:
    """With a host that serves."""
    async with AsyncExitStack() as stack:
        it = World(stack)
        transport = it.network.connect("serving")
        it.serving = await stack.enter_async_context(Host(transport=transport, quota=quota))
        await it.serving.serve(it.lab)
        yield it


@contextmanager
def refused() -> Iterator[None]:
    """At once, with when to try again."""
    with pytest.raises(Overloaded, match="try again") as caught:
        yield
    assert caught.value.retry_after > 0


async def test_D27_sessions_of_one_principal_are_bounded() -> None:
    """One process more is refused; another principal's is not; one that leaves makes room."""
    async with world(Quota(sessions=2)) as it:
        clients = [await it.client("many") for _ in range(2)]
        for client in clients:
            assert await client.get("a") == 1
        late = await it.client("many")
        for _ in range(2):
            with refused():
                await late.echo("x")
        assert await (await it.client("few")).echo("x") == "x"
        assert [await client.echo("x") for client in clients] == ["x"] * 2
        peer_of(clients[0]).close()
        await until(lambda: it.has("many").sessions == 1)
        assert await late.echo("now") == "now"


async def test_D27_calls_of_one_principal_are_bounded_over_its_processes() -> None:
    """Those beyond do not run; another principal's do, and so do its own when there is room."""
    async with world(Quota(calls=5)) as it:
        clients = [await it.client("many") for _ in range(2)]
        waiting = [asyncio.create_task(clients[n % 2].wait()) for n in range(5)]
        await until(lambda: it.lab.waiting == 5)
        await asyncio.sleep(0.02)
        for client in clients:
            with refused():
                await client.echo("x")
        with refused():
            await clients[0].put("a", 2)
        assert await (await it.client("few")).echo("x") == "x"
        assert (it.has("many").calls, it.has("many").refused, it.lab.ran) == (5, 3, [])
        it.lab.gate.set()
        await asyncio.gather(*waiting)
        await asyncio.sleep(0.02)
        assert [await client.echo("x") for client in clients] == ["x"] * 2
        for _ in range(50):
            assert await clients[0].echo("x") == "x"


async def test_D27_streams_of_one_principal_are_bounded() -> None:
    """They are counted apart from calls."""
    async with world(Quota(streams=2, calls=1)) as it:
        many, few = await it.client("many"), await it.client("few")
        streams = [many.blobs(1) for _ in range(2)]
        for stream in streams:
            await anext(stream)
        await asyncio.sleep(0.02)
        with refused():
            await anext(many.blobs(1))
        assert await anext(few.blobs(1)) == b"\x00"
        assert await many.echo("x") == "x"
        assert it.has("many").streams == 2
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]
        await until(lambda: it.has("many").streams == 0)
        assert await anext(many.blobs(2)) == bytes(2)


async def test_G34_results_that_are_held_for_one_principal_are_bounded() -> None:
    """Each of its sessions has a part; the oldest is invalidated, and nobody else's."""
    async with world(Quota(held=10)) as it:
        many, few = [await it.client("many") for _ in range(2)], await it.client("few")
        kept = [await few.computed.get(f"few {n}") for n in range(10)]
        replicas = [[await client.computed.get(f"{n}") for n in range(8)] for client in many]
        await until(lambda: it.has("many").held == 10)
        assert it.has("few").held == 10
        await until(lambda: sum(not each.is_consistent for each in replicas[0]) == 3)
        assert [each.is_consistent for each in replicas[1]] == [False] * 3 + [True] * 5
        assert all(each.is_consistent for each in kept)


async def greets(it: World) -> tuple[Callable[..., None], list[Message]]:
    """A client that says what it likes, in a session of the principal `greedy`: how, and what it is
    told.
    """
    greedy = it.network.connect("greedy")
    heard: list[Message] = []
    await greedy.subscribe("fusion.c.>", heard.append)
    name = "cid", "greedy", 7
    hello = encode_client_envelope(*name, 0, (Hello(1, VERSION),))
    greedy.publish(Subjects().hosts("lab"), hello)
    await until(lambda: heard)
    welcome = decode_host_envelope(heard[0].payload)

    def say(*frames: ClientFrame) -> None:
        data = encode_client_envelope(*name, 1, frames, welcome.proof)
        greedy.publish(Subjects().host("lab", it.serving.iid), data)

    return say, heard


def test_D27_bytes_of_one_principal_are_bounded() -> None:
    """Who asks for much, and never says that it came, is refused when that is too much: by what it
    has as of a moment ago, so in virtual time.
    """
    run(_greedy(), seed=1)


async def _greedy() -> None:
    async with world(Quota(bytes=100_000)) as it:
        say, heard = await greets(it)

        def ask(id: int) -> None:
            arguments = (b"\x91\xcd\x75\x30",)  # [30000]
            blob = method_id("blob")
            call = Calls(id, Kind.COMPUTE, blob, arguments, Encoding.MSGPACK, 5000)
            say(call)

        def told(cls: type) -> int:
            frames = [f for m in heard for f in decode_host_envelope(m.payload).frames]
            return sum(isinstance(frame, cls) for frame in frames)

        for id in range(1, 11):
            ask(id)
            await until(lambda: told(Results) + told(Failure) == id)  # noqa: B023
            await asyncio.sleep(2 * RECOUNT)
        assert (told(Results), told(Failure)) == (4, 6)
        assert 4 * 30_000 <= it.has("greedy").bytes < 5 * 30_000
        assert await (await it.client("few")).blob(1000) == bytes(1000)


def test_D27_calls_made_ahead_that_wait_for_their_turn_count() -> None:
    """Though no result of that id is held; those that are given up count no more."""
    run(_ahead_of_nothing(), seed=1)


async def _ahead_of_nothing() -> None:
    async with world(Quota(bytes=100_000)) as it:
        say, _ = await greets(it)

        def slow(first: int, kind: Kind, *keys: str) -> Calls:
            arguments = tuple(msgspec.msgpack.encode([key]) for key in keys)
            operations = ("999",) * len(keys) if kind is Kind.AHEAD else ()
            method = method_id("slow")
            return Calls(first, kind, method, arguments, Encoding.MSGPACK, 60_000, operations)

        say(slow(1000, Kind.COMPUTE, *map(str, range(1000))))
        await until(lambda: it.lab.waiting == 1000)
        say(slow(2000, Kind.COMPUTE, *map(str, range(300))))
        await asyncio.sleep(2 * RECOUNT)
        assert it.has("greedy").calls == 1300
        ids = range(3000, 3010)
        for id in ids:
            say(slow(id, Kind.AHEAD, "x" * 30_000))
            await asyncio.sleep(2 * RECOUNT)
        assert it.has("greedy").calls == 1304
        assert 4 * 30_000 <= it.has("greedy").bytes < 5 * 30_000
        say(*map(Cancel, ids))
        await asyncio.sleep(2 * RECOUNT)
        assert it.has("greedy").calls == 1300
        assert it.has("greedy").bytes < 30_000
        it.lab.gate.set()


class Asker:
    """A client whose calls wait in line; what begins is written down."""

    def __init__(self, principal: str, told: list[str]) -> None:
        self.principal = principal
        self.told = told
        self.line = Line(principal)

    def ask(self, entrance: gate.Gate, count: int) -> None:
        """Calls in one frame."""
        bodies = Bodies(range(count), [() for _ in range(count)], self.run, bytes, cast(Any, None))
        entrance.enter(Work(cast(Any, self), self.line, Kind.PLAIN, 7, bodies, now() + 600.0))

    async def run(self) -> bytes:
        """A body."""
        self.told.append(self.principal)
        return b""

    def refuse(self, work: Work, ids: list[int], retry_after: float) -> None:
        """They do not run."""
        self.told.append(f"{self.principal} refused")

    def failed(self, error: BaseException) -> Answer:
        """None fails."""
        raise error


@pytest.mark.parametrize("processes", [1, 10, 500])
async def test_D27_principals_take_turns_however_many_processes_they_are(processes: int) -> None:
    """One that floods from many delays another by a turn for each of its own, not by one of each
    process.
    """
    told: list[str] = []
    entrance = gate.Gate(1000)
    flood = [Asker("flood", told) for _ in range(processes)]
    for asker in flood:
        asker.ask(entrance, 3)
    few = Asker("few", told)
    few.ask(entrance, 3)
    for _ in range(6):
        work = entrance.next()
        assert work is not None
        await work.body(*work.todo.popleft()[1])
        entrance.took(work)
    assert told == ["flood", "few"] * 3
    assert entrance.statistics().clients == processes - (processes == 1)


def test_G34_a_process_that_joins_disturbs_no_other_that_holds_little() -> None:
    """Else the thousandth would cost as much as the first thousand."""

    class Session:
        trimmed = 0

        def trim(self) -> None:
            self.trimmed += 1

    async def join() -> list[int]:
        account = Account("it", Quota(held=1000))
        first = Session()
        account.join(cast(Any, first))
        account.most = 10  # it holds so many
        found = []
        for _ in range(2):
            for _ in range(99):
                account.join(cast(Any, Session()))
            found.append(first.trimmed)
        assert account.most == account.held
        return found

    within, beyond = contextvars.copy_context().run(asyncio.run, join())
    assert within == 0
    assert beyond > 0


def test_D27_what_a_principal_has_is_counted_seldom() -> None:
    """Calls cost an addition each; a session is asked ten times a second at most, or when it may
    be too much.
    """

    class Session:
        asked = 0
        calls = 3

        def trim(self) -> None:
            pass

        def usage(self) -> Any:
            self.asked += 1
            return Usage(self.calls, 0, 0)

    async def count() -> int:
        account = Account("it", Quota(calls=1000))
        session = Session()
        account.join(cast(Any, session))
        session.calls = 1000
        assert not account.admits(calls=1)
        session.calls = 3
        await until(lambda: account.admits(calls=1))  # though it never ceased to ask
        session.asked = 0
        assert all(account.admits(calls=1) for _ in range(900))
        assert session.asked <= 1
        session.calls = 1000
        assert not all(account.admits(calls=1) for _ in range(200))
        return session.asked

    assert contextvars.copy_context().run(asyncio.run, count()) <= 3
