"""Connections that pages take over from uvicorn."""

from __future__ import annotations

import asyncio

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

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
