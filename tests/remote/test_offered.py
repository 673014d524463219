"""What a client offers to the hosts that it has sessions with: calls in the other direction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from fusionrt import Host, NotBoundError, OutcomeUnknown, RemoteError, RemoteUnavailable, Session
from fusionrt.clock import ClockClient
from fusionrt.primitives import utc_now
from fusionrt.transport.nats import NatsTransport
from tests.golden.modes.expected.notes import NotesClient
from tests.lab import LabClient, TinyLab
from tests.natsserver import NatsServer
from tests.remote.test_modes import Notes
from tests.waiting import SOONER, until


@dataclass
class Party:
    """A process that is a client of the lab, and offers notes and a lab of its own."""

    host: Host
    notes: Notes
    lab: TinyLab
    who: Session
    crash: Callable[[], Awaitable[None]]
    leave: Callable[[], Awaitable[None]]


@dataclass
class Room:
    """A host of the lab, and how clients of it come."""

    url: str
    serving: Host
    stack: AsyncExitStack

    async def come(self, value: int = 0) -> Party:
        """A client with a session, whose own lab has this value."""
        known = self.ids()
        transport = await NatsTransport.connect(self.url)
        own = await self.stack.enter_async_context(AsyncExitStack())
        host = Host(transport=transport, principal="guest", timing=SOONER)
        await own.enter_async_context(host)
        notes, lab = Notes(), TinyLab({"a": value})
        await host.offer(notes)
        await host.offer(lab)
        assert await host.client(LabClient).echo("hello") == "hello"
        (new,) = self.ids() - known

        async def crash() -> None:
            await transport.close(drain=False)

        return Party(host, notes, lab, Session(new), crash, own.aclose)

    def ids(self) -> set[str]:
        """Who has sessions."""
        sessions = self.serving.statistics().services["lab"].sessions
        return {f"{each.principal}.{each.client}" for each in sessions}

    def client(self, cls: type[NotesClient], party: Party) -> NotesClient:
        """What a party offers."""
        return self.serving.client(cls, of=party.who)


@pytest.fixture
async def room(nats_server: str) -> AsyncIterator[Room]:
    """Over a real broker."""
    async with opened(nats_server) as it:
        yield it


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Room]:
    """The same at this broker."""
    async with AsyncExitStack() as stack:
        serving = await stack.enter_async_context(Host(url, timing=SOONER))
        await serving.serve(TinyLab({"a": -1}))
        yield Room(url, serving, stack)


async def test_a_host_calls_one_of_its_clients(room: Room) -> None:
    """That one, and no other that offers the same; plain, one-way, and by a stream."""
    one, two = await room.come(), await room.come()
    one.notes.gate.set()
    client = room.client(NotesClient, one)
    assert await client.append("tea") == 1
    assert await client.find("milk") == ("milk",)
    await client.note("bread")
    await until(lambda: one.notes.ran[-1] == "note bread")
    one.notes.items = 3
    assert [line async for line in client.lines()] == ["0", "1", "2", "last"]
    assert two.notes.ran == []
    assert room.client(NotesClient, one) is client


async def test_W2_what_is_offered_is_reached_by_nobody_else(room: Room) -> None:
    """Neither as a service of that name, nor by another client; and such a service is another."""
    party, other = await room.come(), await room.come()
    party.notes.gate.set()
    with pytest.raises(RemoteUnavailable, match="no host serves it"):
        await other.host.client(NotesClient).append("tea")
    with pytest.raises(RemoteUnavailable, match="has left"):
        other.host.client(NotesClient, of=party.who)
    assert await room.serving.client(LabClient).get("a") == -1
    assert party.notes.ran == []


async def test_W1_replicas_of_what_clients_offer_are_kept_apart(room: Room) -> None:
    """Each client's value is its own; it is cached at the host, and invalidated from there (D4)."""
    one, two = await room.come(1), await room.come(2)
    labs = [room.serving.client(LabClient, of=party.who) for party in (one, two)]
    assert [await lab.get("a") for lab in labs] == [1, 2]
    assert [await lab.get("a") for lab in labs] == [1, 2]
    assert [party.lab.ran for party in (one, two)] == [["get a"], ["get a"]]
    await one.lab.put("a", 3)
    await until(lambda: labs[0].peek.get("a") is None)
    assert [await lab.get("a") for lab in labs] == [3, 2]
    assert two.lab.ran == ["get a"]
    assert await labs[1].put("a", 4) == 4
    assert await labs[1].get("a") == 4  # D15


async def test_D19_a_call_that_a_host_gives_up_is_cancelled_at_its_client(room: Room) -> None:
    """As in the other direction."""
    party = await room.come()
    lab = room.serving.client(LabClient, of=party.who)
    call = asyncio.create_task(lab.wait())
    await until(lambda: party.lab.waiting == 1)
    call.cancel()
    await until(lambda: party.lab.done == ["cancelled"])


async def test_D21_errors_of_a_client_tell_only_a_reference(room: Room) -> None:
    """And those that its contract declares are themselves."""
    party = await room.come()
    lab = room.serving.client(LabClient, of=party.who)
    with pytest.raises(RemoteError) as caught:
        await lab.trouble("secret")
    assert "12345" not in str(caught.value)
    with pytest.raises(Exception, match="2 of pump are broken"):
        await lab.trouble("declared")


async def test_D22_a_client_that_leaves_ends_what_it_runs(room: Room) -> None:
    """What its host asked before is answered; then calls fail, and nothing of it is kept."""
    party = await room.come()
    client = room.client(NotesClient, party)
    call = asyncio.create_task(client.append("tea"))
    await until(lambda: party.notes.waiting == 1)
    leaving = asyncio.ensure_future(party.leave())
    asyncio.get_running_loop().call_later(0.2, party.notes.gate.set)
    assert await call == 1
    await leaving
    await until(lambda: not room.ids())
    with pytest.raises(RemoteUnavailable, match="has left") as caught:
        await client.append("milk")
    assert not caught.value.may_have_run
    with pytest.raises(RemoteUnavailable, match="has left"):
        room.client(NotesClient, party)
    entered = room.serving._open()
    assert entered.calling._reached == {}
    assert entered.wires.caller._all() == []


async def test_D9_a_client_that_is_lost_is_told_as_a_lost_host_is(room: Room) -> None:
    """A plain call may have run there; an idempotent one has nobody else to run it."""
    party = await room.come()
    client = room.client(NotesClient, party)
    plain = asyncio.create_task(client.append("tea"))
    idempotent = asyncio.create_task(client.find("tea"))
    await until(lambda: party.notes.waiting == 2)
    await party.crash()
    with pytest.raises(OutcomeUnknown):
        await plain
    with pytest.raises(RemoteUnavailable) as caught:
        await idempotent
    assert not isinstance(caught.value, OutcomeUnknown)


async def test_D10_calls_of_clients_go_on_after_the_broker_was_away(
    nats_process: NatsServer,
) -> None:
    """The same handle reaches the same client; a call in between waits."""
    async with opened(nats_process.url) as room:
        party = await room.come()
        client = room.client(NotesClient, party)
        call = asyncio.create_task(client.append("tea"))
        await until(lambda: party.notes.waiting == 1)
        nats_process.kill()
        nats_process.start()
        party.notes.gate.set()
        assert await call == 1
        assert await client.append("milk") == 2


async def test_what_is_offered_is_a_service_and_one_of_its_name(room: Room) -> None:
    """As with `serve`; and a client is made from a generated class."""
    party = await room.come()
    with pytest.raises(NotBoundError, match="serves notes already"):
        await party.host.offer(Notes())
    with pytest.raises(NotBoundError, match="takes an instance"):
        await party.host.offer(NotesClient)  # type: ignore[arg-type]
    with pytest.raises(NotBoundError, match="takes a generated"):
        room.serving.client(int, of=party.who)  # type: ignore[type-var]
    with pytest.raises(RemoteUnavailable, match="does not offer it"):
        await room.serving.client(ClockClient, of=party.who).ago(utc_now())
