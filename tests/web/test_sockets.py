"""Connections that pages take over from uvicorn."""

from __future__ import annotations

import asyncio
import random

import pytest
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

from fusionrt.web import taken
from fusionrt.web.page import Code, framed
from fusionrt.wire.envelopes import encode_client_envelope
from fusionrt.wire.frames import VERSION, Hello
from tests.waiting import until

from .raw import GEN, raw
from .world import World

HELLO = framed("products", encode_client_envelope("c1", "", GEN, 0, (Hello(1, VERSION),)))


async def test_W9_a_message_may_come_in_any_pieces(world: World) -> None:
    """Of frames, and of bytes: each is answered once, in its order."""
    await world.shop()
    door = await world.door()
    async with raw(door.ws) as page:
        await page.socket.send([HELLO[:3], HELLO[3:9], b"", HELLO[9:]])
        assert (await page.hear()).proof
        wire = page.socket.transport
        data = Frame(Opcode.BINARY, HELLO).serialize(mask=True)
        for index in range(len(data)):
            wire.write(data[index : index + 1])
            await asyncio.sleep(0)
        assert (await page.hear()).proof
        wire.write(data * 3)
        assert [bool((await page.hear()).proof) for _ in range(3)] == [True] * 3


async def test_W11_a_socket_that_nobody_is_at_any_more_is_let_go(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers no ping; one that does stays, though it says nothing else."""
    monkeypatch.setattr(taken, "PING", 0.2)
    await world.shop()
    door = await world.door()
    async with raw(door.ws) as silent, raw(door.ws) as gone:
        await until(lambda: door.gateway.statistics().pages == 2)
        gone.socket.transport.pause_reading()
        await until(lambda: door.gateway.statistics().pages == 1)
        gone.socket.transport.resume_reading()
        with pytest.raises(ConnectionClosed):
            await gone.hear()
        assert await silent.welcomed()


async def test_W9_a_page_that_closes_while_it_is_told_something_is_gone(world: World) -> None:
    """And so is one whose bytes are no WebSocket's."""
    await world.shop()
    door = await world.door()
    async with raw(door.ws) as page:
        wire = page.socket.transport
        closes = Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True)
        wire.write(closes + Frame(Opcode.BINARY, HELLO).serialize(mask=True))
        await until(lambda: not door.gateway.statistics().pages)
    async with raw(door.ws) as page:
        await until(lambda: door.gateway.statistics().pages == 1)
        page.socket.transport.write(b"\xff" * 20)
        assert await page.code() == 1002
    await until(lambda: not door.gateway.statistics().pages)
    assert door.gateway.statistics().closed == {}


async def test_W9_a_text_in_pieces_is_unreadable(world: World) -> None:
    """From its first piece on."""
    await world.shop()
    door = await world.door()
    async with raw(door.ws) as page:
        await page.socket.send(["te", "xt"])
        assert await page.code() == Code.UNREADABLE


class Wire(asyncio.Transport):
    """Takes what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.said = bytearray()
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.said += data

    def close(self) -> None:
        self.closed = True


class Noting:
    """Who is told of a socket."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    def begins(self, socket: object) -> None: ...

    def received(self, message: bytes) -> None:
        self.messages.append(message)

    def unreadable(self) -> None: ...

    def paused(self) -> None: ...

    def resumed(self) -> None: ...

    def lost(self, code: int | None = None) -> None: ...


def frames_of(message: bytes, drawn: random.Random) -> list[bytes]:
    """A message in one frame, or in some, with something of the protocol's between them."""
    if drawn.random() < 0.7:
        return [Frame(Opcode.BINARY, message).serialize(mask=True)]
    cut = drawn.randrange(len(message) + 1)
    return [
        Frame(Opcode.BINARY, message[:cut], fin=False).serialize(mask=True),
        Frame(Opcode.PING, b"there?").serialize(mask=True),
        Frame(Opcode.CONT, message[cut:]).serialize(mask=True),
    ]


@pytest.mark.parametrize("seed", range(200))
async def test_W9_whatever_comes_in_whatever_pieces_is_read_as_the_library_reads_it(
    seed: int,
) -> None:
    """Messages that come alone take a shorter way; none is lost, doubled or changed by it."""
    drawn = random.Random(seed)
    wire, noting = Wire(), Noting()
    conn = ServerProtocol(state=State.OPEN)
    socket = taken._Taken(conn, wire, set(), noting)
    lengths = [drawn.choice([0, 1, 50, 125, 126, 127, 300, 65535, 65536]) for _ in range(12)]
    messages = [drawn.randbytes(length) for length in lengths]
    coming = b""
    for message in messages:
        for frame in frames_of(message, drawn):
            coming += frame
            while coming and drawn.random() < 0.8:
                cut = len(coming) if drawn.random() < 0.7 else drawn.randrange(len(coming) + 1)
                socket.data_received(coming[:cut])
                coming = coming[cut:]
    socket.data_received(coming)
    assert noting.messages == messages
    for message in messages:
        socket.write(message)
    client = ClientProtocol(parse_uri("ws://there"), state=State.OPEN, max_size=None)
    client.receive_data(wire.said)
    heard = [each for each in client.events_received() if isinstance(each, Frame)]
    assert [each.data for each in heard if each.opcode is Opcode.BINARY] == messages
    assert not wire.closed
    socket.connection_lost(None)


async def test_W9_frames_that_break_the_protocol_close_the_socket_on_either_way() -> None:
    """A second message that begins within one, a frame without a mask, bits that mean nothing."""
    whole = Frame(Opcode.BINARY, b"x").serialize(mask=True)
    begun = Frame(Opcode.BINARY, b"x", fin=False).serialize(mask=True)
    bare = Frame(Opcode.BINARY, b"x" * 9).serialize(mask=False)
    for pieces in [begun, whole], [bare], [whole, bare], [b"\xc2" + whole[1:]]:
        wire, noting = Wire(), Noting()
        socket = taken._Taken(ServerProtocol(state=State.OPEN), wire, set(), noting)
        for piece in pieces:
            socket.data_received(piece)
        assert wire.closed and wire.said[2:4] == (1002).to_bytes(2, "big")
        assert len(noting.messages) == (pieces[0] is whole)
        socket.connection_lost(None)
