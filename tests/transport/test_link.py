"""What a link mends of nats-py, against a server that can be slow to the letter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from fusionrt.errors import BrokerUnavailable
from fusionrt.transport import Message
from fusionrt.transport.nats import NatsTransport
from tests.waiting import until

INFO = (
    b'INFO {"server_id":"x","server_name":"x","version":"2.15.1","headers":true,"max_payload":99}'
)


class SlowServer:
    """Enough of a NATS server for one client.

    log: the verbs that came, in their order.
    pong: pings are answered only while it is set.
    last_word: sent a while after an unsubscription came, as if it had been on its way.
    """

    def __init__(self) -> None:
        self.log: list[str] = []
        self.pong = asyncio.Event()
        self.pong.set()
        self.last_word = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(INFO + b"\r\n")
        try:
            while line := await reader.readline():
                verb, *arguments = line.decode().split()
                self.log.append(verb)
                if verb == "PING":
                    await self.pong.wait()
                    writer.write(b"PONG\r\n")
                elif verb == "PUB":
                    await reader.readexactly(int(arguments[-1]) + 2)
                elif verb == "UNSUB":
                    await asyncio.sleep(0.05)
                    writer.write(self.last_word)
        finally:
            writer.close()


@pytest.fixture
async def server() -> SlowServer:
    return SlowServer()


@pytest.fixture
async def transport(server: SlowServer) -> AsyncIterator[NatsTransport]:
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        transport = await NatsTransport.connect(f"nats://127.0.0.1:{port}")
        server.log.clear()
        yield transport
        await transport.close(drain=False)


async def test_a_flush_follows_what_was_published(
    server: SlowServer, transport: NatsTransport
) -> None:
    """The server gets a flush's ping after all that was published, and answers it, before it ends."""
    for _ in range(20):
        transport.publish("a", b"")
        transport.publish("a", b"")
        await transport.flush()
        last_ping = len(server.log) - server.log[::-1].index("PING")
        assert server.log[:last_ping].count("PUB") == server.log.count("PUB")
        assert server.log.count("PUB") % 2 == 0


async def test_a_tick_is_one_batch(server: SlowServer, transport: NatsTransport) -> None:
    """Messages keep their order with the flush that follows them."""
    for _ in range(3):
        transport.publish("a", b"")
    await transport.flush()
    assert server.log.count("PUB") == 3


async def test_a_cancelled_flush_does_no_harm(server: SlowServer, transport: NatsTransport) -> None:
    """Giving up a flush leaves the connection as it was, also when its answer comes at last."""
    server.pong.clear()
    flush = asyncio.create_task(transport.flush())
    await until(lambda: "PING" in server.log)
    flush.cancel()
    await asyncio.wait({flush})
    assert flush.cancelled()
    server.pong.set()
    await transport.flush()
    transport.publish("a", b"")
    await transport.flush()
    assert "PUB" in server.log
    assert transport.statistics().reconnects == 0


async def test_a_flush_ends_with_its_connection(
    server: SlowServer, transport: NatsTransport
) -> None:
    """A flush that waits when the connection is closed fails at once."""
    server.pong.clear()
    flush = asyncio.create_task(transport.flush())
    await until(lambda: "PING" in server.log)
    await transport.close(drain=False)
    with pytest.raises(BrokerUnavailable):
        await flush
    server.pong.set()


async def test_D22_a_drain_waits_for_the_last_message(
    server: SlowServer, transport: NatsTransport
) -> None:
    """What the server sent before it knew of the end of a subscription is handled."""
    received: list[Message] = []
    await transport.subscribe("a", received.append)
    server.last_word = b"MSG a 1 4\r\nlast\r\n"
    await transport.close()
    assert received == [Message("a", b"last")]
