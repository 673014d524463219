"""What a host keeps for its clients is bounded: what is beyond is refused at once (D27)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest

from fusionrt import Host, Overloaded
from fusionrt.rpc.host import responder
from fusionrt.transport.memory import MemoryNetwork
from fusionrt.wire.limits import Limits
from tests.lab import LabClient, TinyLab, peer_of
from tests.waiting import QUICK, until


class IdleLab(TinyLab):
    """Its `blobs` has one item, and waits."""

    open = 0

    async def blobs(self, size: int) -> AsyncIterator[bytes]:
        self.open += 1
        try:
            yield bytes(size)
            await asyncio.Event().wait()
        finally:
            self.open -= 1


class World:
    """A served lab, and as many clients as are asked for."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self.network = MemoryNetwork(1)
        self.lab = IdleLab({"a": 1})
        self.stack = stack
        self.count = 0
        self.serving: Host

    async def host(self) -> Host:
        """Another process."""
        self.count += 1
        transport = self.network.connect(f"host{self.count}")
        return await self.stack.enter_async_context(Host(transport=transport, timing=QUICK))

    async def client(self) -> LabClient:
        """A client in a process of its own."""
        return (await self.host()).client(LabClient)

    def sessions(self) -> int:
        """How many the serving host keeps."""
        return len(self.serving.statistics().services["lab"].sessions)

    def crash(self) -> None:
        """The newest process ends without a word."""
        self.network.crash(f"host{self.count}")


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host keeps three sessions and three streams of a service."""
    monkeypatch.setattr(
        responder, "Limits", lambda **given: replace(Limits(**given), sessions=3, streams=3)
    )


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """With a host that serves."""
    async with AsyncExitStack() as stack:
        made = World(stack)
        made.serving = await made.host()
        await made.serving.serve(made.lab)
        yield made


@pytest.mark.usefixtures("few")
async def test_D27_streams_beyond_the_bound_are_refused_at_once() -> None:
    """The first keep going; when one is left there is room again."""
    async with world() as it:
        clients = [await it.client(), await it.client()]
        streams = [clients[n % 2].blobs(1) for n in range(3)]
        for stream in streams:
            assert await anext(stream) == b"\x00"
        for client in clients:
            with pytest.raises(Overloaded) as caught:
                async for _ in client.count(3):
                    pass
            assert (caught.value.service, caught.value.method) == ("lab", "count")
            assert caught.value.retry_after > 0
        assert it.lab.open == 3 and it.lab.produced == 0
        await streams[0].aclose()  # type: ignore[attr-defined]
        await until(lambda: it.lab.open == 2)
        assert [item async for item in clients[0].count(3)] == [0, 1, 2]


@pytest.mark.usefixtures("few")
async def test_D27_idle_streams_hold_up_no_calls() -> None:
    """They are counted apart: calls run beside as many streams as may be open, and the other way
    round.
    """
    async with world() as it:
        client = await it.client()
        streams = [client.blobs(1) for _ in range(3)]
        for stream in streams:
            await anext(stream)
        assert await asyncio.gather(*(client.echo(str(n)) for n in range(50)))
        assert await client.get("a") == 1
        waiting = [asyncio.create_task(client.wait()) for _ in range(20)]
        await until(lambda: it.lab.waiting == 20)
        await streams[0].aclose()  # type: ignore[attr-defined]
        await until(lambda: it.lab.open == 2)
        assert await anext(client.blobs(2)) == bytes(2)
        it.lab.gate.set()
        await asyncio.gather(*waiting)


CALLS: dict[str, Callable[[LabClient], Awaitable[object]]] = {
    "compute": lambda client: client.get("a"),
    "plain": lambda client: client.echo("x"),
    "command": lambda client: client.put("b", 2),
    "stream": lambda client: anext(client.count(3)),
}


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("kind", CALLS)
async def test_D27_clients_beyond_the_bound_are_refused_at_once(kind: str) -> None:
    """Each call of one more client raises `Overloaded`; those that have a session go on; when one
    leaves there is room again.
    """
    async with world() as it:
        clients = [await it.client() for _ in range(3)]
        for client in clients:
            assert await client.get("a") == 1
        late = await it.client()
        for _ in range(2):
            with pytest.raises(Overloaded, match="try again"):
                async with asyncio.timeout(0.5):
                    await CALLS[kind](late)
        assert it.lab.ran.count("put b") == 0
        assert [await client.echo("x") for client in clients] == ["x"] * 3
        peer_of(clients[0]).close()
        await until(lambda: it.sessions() == 2)
        assert await late.echo("now") == "now"


@pytest.mark.usefixtures("few")
async def test_D27_clients_that_are_gone_make_room() -> None:
    """A process that ended without a word counts until its session has expired, and no longer."""
    async with world() as it:
        for _ in range(2):
            assert await (await it.client()).get("a") == 1
        lost = await it.client()
        assert await lost.get("a") == 1
        it.crash()
        late = await it.client()
        with pytest.raises(Overloaded):
            await late.get("a")

        async def served() -> bool:
            try:
                return await late.get("a") == 1
            except Overloaded:
                return False

        async with asyncio.timeout(5):
            while not await served():  # noqa: ASYNC110 - a refusal has no event
                await asyncio.sleep(0.05)
        assert it.sessions() == 3
