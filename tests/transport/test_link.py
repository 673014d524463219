"""What a link mends of nats-py, against a server that can be slow to the letter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from fusionrt.errors import BrokerUnavailable
from fusionrt.transport import Message
from fusionrt.transport.nats import NatsTransport
from tests.waiting import until

INFO = b'INFO {"server_name":"x","version":"2.15.1","headers":true,"max_payload":99999999}'


class SlowServer:
    """Enough of a NATS server for one client.

    log: the verbs that came, in their order.
    pong: pings are answered only while it is set.
    reading: nothing is taken while it is cleared.
    last_word: sent a while after an unsubscription came, as if it had been on its way.
    """

    def __init__(self) -> None:
        self.log: list[str] = []
        self.pong = asyncio.Event()
        self.pong.set()
        self.reading = asyncio.Event()
        self.reading.set()
        self.ended = asyncio.Event()
        self.last_word = b""
        self._serving: set[asyncio.Task[None] | None] = set()

    async def end(self) -> None:
        """Serve to its end whoever was connected."""
        self.pong.set()
        self.reading.set()
        await asyncio.wait({task for task in self._serving if task is not None})

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.current_task())
        writer.write(INFO + b"\r\n")
        try:
            while line := await reader.readline():
                await self.reading.wait()
                verb, *arguments = line.decode().split()
                if verb == "PUB":
                    await reader.readexactly(int(arguments[-1]) + 2)
                self.log.append(verb)
                if verb == "PING":
                    await self.pong.wait()
                    writer.write(b"PONG\r\n")
                elif verb == "UNSUB":
                    await asyncio.sleep(0.05)
                    writer.write(self.last_word)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self.ended.set()


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
        await server.end()


def writing_blocks(transport: NatsTransport) -> bool:
    """Whether the socket's buffers are full."""
    assert transport._link is not None
    writer = transport._link._client._transport._io_writer  # type: ignore[union-attr]
    return bool(writer.transport.get_write_buffer_size())


async def test_a_flush_follows_what_was_published(
    server: SlowServer, transport: NatsTransport
) -> None:
    """A flush ends after the server had all that was published, also when it reads slowly."""
    server.reading.clear()
    published = 1
    while not writing_blocks(transport):
        transport.publish("a", bytes(500_000))
        published += 1
        for _ in range(5):
            await asyncio.sleep(0)
    transport.publish("a", b"")
    flush = asyncio.create_task(transport.flush())
    assert transport._link is not None
    outgoing = transport._link._outgoing
    await until(lambda: not outgoing)
    server.reading.set()
    await flush
    last_ping = len(server.log) - server.log[::-1].index("PING")
    assert server.log[:last_ping].count("PUB") == published


async def test_closing_drops_what_the_server_did_not_take(
    server: SlowServer, transport: NatsTransport
) -> None:
    """Closing without a drain does not wait for a server that takes nothing, nor sends on."""
    server.reading.clear()
    transport.publish("a", bytes(40_000_000))
    await until(lambda: writing_blocks(transport))
    await transport.close(drain=False)
    server.reading.set()
    await server.ended.wait()
    assert server.log == []


async def test_a_link_whose_writer_has_ended_is_given_up(
    server: SlowServer, transport: NatsTransport
) -> None:
    """What it does not take at once waits for nobody: another link is opened."""
    link = transport._link
    assert link is not None
    writer = link._client._flusher_task
    assert writer is not None
    writer.cancel()
    await asyncio.wait([writer])
    server.reading.clear()
    while not link.lost.is_set():
        transport.publish("a", bytes(200_000))
    server.reading.set()
    await until(lambda: transport.statistics().reconnects == 1)


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


async def test_what_is_held_leaves_with_the_push(
    server: SlowServer, transport: NatsTransport
) -> None:
    """And nothing is left to be written by anybody in the loop's next turns."""
    link = transport._link
    assert link is not None
    transport.publish("a", b"1", held=True)
    transport.publish("a", b"2", "b", held=True)
    assert link._client.pending_data_size
    transport.push()
    assert not link._client.pending_data_size and not link._client.woken
    await until(lambda: server.log.count("PUB") == 2)


async def test_what_is_held_waits_for_the_socket(
    server: SlowServer, transport: NatsTransport
) -> None:
    """Where that takes nothing more, the push is made up for as soon as it does."""
    server.reading.clear()
    published = 0
    while not writing_blocks(transport):
        transport.publish("a", bytes(200_000), held=True)
        transport.push()
        published += 1
    for _ in range(100):  # beyond what is taken while nothing waits, too
        transport.publish("a", bytes(10_000), held=True)
        transport.push()
        published += 1
    server.reading.set()
    await until(lambda: server.log.count("PUB") == published)
    assert transport.statistics().reconnects == 0


async def test_what_is_sent_in_the_turn_in_which_the_connection_is_lost_goes_nowhere(
    transport: NatsTransport,
) -> None:
    """nats-py has not learned of it yet; whoever sends is no worse off than a turn later."""
    link = transport._link
    assert link is not None
    writer = link._client.writer
    assert writer is not None
    writer.transport.abort()
    while writer.transport._sock is not None:  # type: ignore[attr-defined]
        assert not link.lost.is_set()
        await asyncio.sleep(0)
    for held in (True, False):
        transport.publish("a", b"1", held=held)
        transport.push()
    await until(link.lost.is_set)


async def test_closing_ends_at_whatever_turn_of_a_reconnect_it_comes(
    server: SlowServer,
) -> None:
    """What nats-py waits with loses a cancellation that comes with what it waits for."""
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        for turns in range(60):
            transport = await NatsTransport.connect(f"nats://127.0.0.1:{port}")
            assert transport._link is not None
            transport._link.lost.set()
            for _ in range(turns):
                await asyncio.sleep(0)
            async with asyncio.timeout(10):
                await transport.close(drain=False)
        await server.end()


STREAM = (
    b"MSG a.b 1 5\r\nhello\r\n"
    b"PING\r\n"
    b"MSG a.c 1 r.x 0\r\n\r\n"
    b"MSG a.d 99 2\r\nno\r\n"
    b"HMSG a.e 1 12 15\r\nNATS/1.0\r\n\r\nabc\r\n"
    b"+OK\r\n"
    b"MSG a.f 1 25\r\nMSG a.g 1 4\r\nnone\r\nMSG \r\n\r\n"
)
"""What a server may send: `1` is a subscription of ours, `99` is none any more."""


async def test_messages_are_whole_wherever_they_are_cut(transport: NatsTransport) -> None:
    """Those that come in one piece are read past nats-py; each still comes once, in its turn."""
    received: list[Message] = []
    await transport.subscribe("a.>", received.append)
    link = transport._link
    assert link is not None and list(link._client._subs) == [1]
    writer = link._client.writer
    assert writer is not None
    reading = writer.transport.get_protocol()
    assert isinstance(reading, asyncio.Protocol)
    once = [
        Message("a.b", b"hello"),
        Message("a.c", b"", reply="r.x"),
        Message("a.e", b"abc"),
        Message("a.f", b"MSG a.g 1 4\r\nnone\r\nMSG \r\n"),
    ]
    for cut in range(len(STREAM) + 1):
        received.clear()
        for part in (STREAM[:cut], STREAM[cut:], STREAM):
            reading.data_received(part)
        assert received == [*once, *once], cut
    assert not link.lost.is_set()
