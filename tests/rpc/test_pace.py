"""One-way calls keep the pace of the broker, whatever becomes of that (D27)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from unittest.mock import patch

from fusionrt import Host
from fusionrt.rpc.client import peer
from fusionrt.transport import Subscription
from fusionrt.transport.memory import MemoryNetwork, MemoryTransport
from tests.golden.modes.expected.notes import NotesClient
from tests.remote.test_modes import Notes
from tests.virtual import virtual


@dataclass
class Told:
    """A process that tells, and its connection, whose broker answers when the gate is open."""

    network: MemoryNetwork
    client: NotesClient
    notes: Notes
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    flushes: int = 0


@asynccontextmanager
async def telling() -> AsyncIterator[Told]:
    network, notes = MemoryNetwork(0), Notes()
    flush = MemoryTransport.flush

    async def gated(transport: MemoryTransport, *subscriptions: Subscription) -> None:
        if transport.name == "calling" and started:
            told.flushes += 1
            await told.gate.wait()
        await flush(transport, *subscriptions)

    started = False
    with patch.object(peer, "UNHEARD", 3), patch.object(MemoryTransport, "flush", gated):
        async with (
            Host(transport=network.connect("serving")) as serving,
            Host(transport=network.connect("calling")) as calling,
        ):
            await serving.serve(notes)
            told, started = Told(network, calling.client(NotesClient), notes), True
            await told.client.beat()  # the first of each three
            try:
                yield told
            finally:
                started = False
                told.gate.set()


async def beats(told: Told, count: int) -> list[asyncio.Task[None]]:
    """So many calls, one after the other, that have come as far as they come by themselves."""

    async def beat() -> None:
        await told.client.beat()

    calls = []
    for _ in range(count):
        calls.append(asyncio.create_task(beat()))
        await asyncio.sleep(1.0)
    return calls


@virtual
async def test_D27_who_tells_too_much_waits_and_all_wait_together() -> None:
    """For one answer of the broker; those who come meanwhile, too. Then they are counted anew."""
    async with telling() as told:
        first, last, *later = await beats(told, 2) + await beats(told, 3)
        assert first.done()
        assert not any(call.done() for call in [last, *later])
        assert told.flushes == 1
        told.gate.set()
        await asyncio.gather(last, *later)
        assert len(told.notes.ran) == 6
        assert [call.done() for call in await beats(told, 2)] == [True, True]
        assert told.flushes == 1


@virtual
async def test_D27_who_leaves_while_he_waits_stops_nobody() -> None:
    """The others return when the broker has their calls."""
    async with telling() as told:
        calls = await beats(told, 4)
        calls[1].cancel()
        await asyncio.sleep(1.0)
        assert [call.done() for call in calls] == [True, True, False, False]
        told.gate.set()
        await asyncio.gather(*calls[2:])
        assert told.flushes == 1


@virtual
async def test_D26_a_connection_that_is_lost_lets_those_who_wait_go_on() -> None:
    """Their calls were sent, and nothing is heard of them; the next ones wait for it again."""
    async with telling() as told:
        calls = await beats(told, 2)
        told.network.disconnect("calling")
        told.gate.set()
        await asyncio.gather(*calls)
        told.network.reconnect("calling")
        await asyncio.gather(*await beats(told, 3))
        assert told.flushes == 2
