"""The transport over a real NATS server."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fusionrt.errors import BrokerUnavailable, InvalidSubject, MessageTooLarge
from fusionrt.transport import Message, Transport
from fusionrt.transport import link as link_module
from fusionrt.transport.nats import NatsTransport
from tests.natsserver import NatsServer
from tests.notes import Notes
from tests.waiting import until


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[NatsTransport]:
    transport = await NatsTransport.connect(url)
    try:
        yield transport
    finally:
        await transport.close(drain=False)


@pytest.fixture
async def transport(nats_server: str) -> AsyncIterator[NatsTransport]:
    async with connected(nats_server) as transport:
        yield transport


@pytest.fixture
async def other(nats_server: str) -> AsyncIterator[NatsTransport]:
    async with connected(nats_server) as other:
        yield other


@pytest.fixture
def mute_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_it_is_a_transport(transport: NatsTransport) -> None:
    """It satisfies the protocol, and knows the broker's limit."""
    as_protocol: Transport = transport
    assert as_protocol.max_payload == 1024 * 1024


async def test_nothing_listens() -> None:
    """With nothing at the URL, connecting fails at once, and the error says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    start = time.monotonic()
    with pytest.raises(BrokerUnavailable, match=r"connection refused.*fusiongen server"):
        await NatsTransport.connect(f"nats://127.0.0.1:{port}")
    assert time.monotonic() - start < 3


async def test_nothing_answers(mute_port: int) -> None:
    """With a peer that never speaks, connecting fails when the time is up."""
    start = time.monotonic()
    with pytest.raises(BrokerUnavailable, match=r"no answer within 0\.5 s"):
        await NatsTransport.connect(f"nats://127.0.0.1:{mute_port}", timeout=0.5)
    assert time.monotonic() - start < 1.5


async def test_the_password_is_not_shown(mute_port: int) -> None:
    """The error names the URL without its password."""
    with pytest.raises(BrokerUnavailable) as caught:
        await NatsTransport.connect(f"nats://me:secret@127.0.0.1:{mute_port}", timeout=0.1)
    assert "secret" not in str(caught.value)
    assert caught.value.url == f"nats://127.0.0.1:{mute_port}"


async def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    """A broker that refuses us is an error that says so; the right password gets in."""
    server = NatsServer(tmp_path, "--user", "me", "--pass", "secret")
    try:
        with pytest.raises(BrokerUnavailable, match="Authorization Violation"):
            await NatsTransport.connect(server.url)
        async with connected(server.url.replace("//", "//me:secret@")) as transport:
            await transport.flush()
    finally:
        server.close()


async def test_the_first_server_that_answers_is_used(nats_server: str, mute_port: int) -> None:
    """Of several servers, one that does not answer is passed over."""
    urls = f"nats://127.0.0.1:{mute_port},{nats_server}"
    transport = await NatsTransport.connect(urls, timeout=1.0)
    await transport.flush()
    await transport.close()


async def test_messages_keep_their_order(transport: NatsTransport, other: NatsTransport) -> None:
    """Ten thousand messages of one tick arrive, in their order."""
    received: list[bytes] = []
    await transport.subscribe("a.*", lambda message: received.append(message.payload))
    await transport.flush()
    sent = [b"%d" % number for number in range(10_000)]
    for payload in sent:
        other.publish("a.b", payload)
    await until(lambda: len(received) == len(sent))
    assert received == sent


async def test_a_queue_group_shares(transport: NatsTransport, other: NatsTransport) -> None:
    """Each message goes to one member of a queue group, and to every plain subscriber."""
    members: list[bytes] = []
    plain: list[bytes] = []
    await transport.subscribe("work", lambda message: members.append(message.payload), queue="q")
    await other.subscribe("work", lambda message: members.append(message.payload), queue="q")
    await other.subscribe("work", lambda message: plain.append(message.payload))
    await transport.flush()
    await other.flush()
    for number in range(100):
        transport.publish("work", b"%d" % number)
    await until(lambda: len(members) == len(plain) == 100)
    assert len(set(members)) == 100


async def test_no_responders(transport: NatsTransport) -> None:
    """A message that nobody gets comes back as the name of its dead subject."""
    received: list[Message] = []
    await transport.subscribe("me.>", received.append)
    transport.publish("gone.one", b"x", reply="me.here")
    transport.publish("gone.two", b"x")
    transport.publish("me.there", b"y", reply="me.here")
    await until(lambda: len(received) == 2)
    there = Message("me.there", b"y", reply="me.here")
    assert received == [Message("me.here", b"", "gone.one"), there]


async def test_unsubscribe(transport: NatsTransport) -> None:
    """After unsubscribing nothing is delivered; doing so twice is fine."""
    received: list[Message] = []
    subscription = await transport.subscribe("a", received.append)
    assert subscription.subject == "a"
    transport.publish("a", b"1")
    await until(lambda: received)
    await subscription.unsubscribe()
    await subscription.unsubscribe()
    transport.publish("a", b"2")
    await transport.flush()
    await transport.flush()
    assert [message.payload for message in received] == [b"1"]
    assert transport.statistics().received == 1


async def test_a_failing_handler_stops_nothing(
    transport: NatsTransport, caplog: pytest.LogCaptureFixture
) -> None:
    """A handler that raises is logged, and gets the next message."""
    received: list[bytes] = []

    def handler(message: Message) -> None:
        received.append(message.payload)
        raise ValueError("bad day")

    await transport.subscribe("a", handler)
    transport.publish("a", b"1")
    transport.publish("a", b"2")
    await until(lambda: len(received) == 2)
    assert "bad day" in caplog.text


async def test_limits_are_checked_at_once(transport: NatsTransport) -> None:
    """A payload beyond the broker's limit, and a subject that is none, are refused."""
    with pytest.raises(MessageTooLarge, match="raise max_payload"):
        transport.publish("a", bytes(transport.max_payload + 1))
    for subject in ("", "a b", "a.", ".a", "a..b", "a\r\nPUB b 0\r\n"):
        with pytest.raises(InvalidSubject):
            transport.publish(subject, b"")
        with pytest.raises(InvalidSubject):
            transport.publish("a", b"", reply=subject or " ")
        with pytest.raises(InvalidSubject):
            await transport.subscribe(subject, print)


async def test_it_survives_a_restart_of_the_broker(nats_process: NatsServer) -> None:
    """After a broker was killed and restarted, listeners know, and every subscription is back."""
    async with connected(nats_process.url) as transport:
        notes = Notes()
        transport.add_listener(notes)
        received: list[bytes] = []
        await transport.subscribe("a", lambda message: received.append(message.payload))
        nats_process.kill()
        await until(lambda: notes.all == ["disconnected"])
        await transport.subscribe("b", lambda message: received.append(message.payload))
        transport.publish("a", b"lost")
        with pytest.raises(BrokerUnavailable):
            await transport.flush()
        nats_process.start()
        await until(lambda: notes.all == ["disconnected", "reconnected"])
        transport.publish("a", b"1")
        transport.publish("b", b"2")
        await until(lambda: received == [b"1", b"2"])
        assert transport.statistics().lost == 1
        assert transport.statistics().reconnects == 1
        transport.remove_listener(notes)
        nats_process.restart()
        await until(lambda: transport.statistics().reconnects == 2)
        assert len(notes.all) == 2


async def test_many_restarts(nats_process: NatsServer) -> None:
    """It comes back from every one of many restarts under load, with nothing left behind."""
    async with connected(nats_process.url) as transport:
        received: list[bytes] = []
        await transport.subscribe("a", lambda message: received.append(message.payload))
        for round_ in range(1, 6):
            for _ in range(1000):
                transport.publish("a", bytes(1000))
            nats_process.restart()
            await until(lambda: transport.statistics().reconnects == round_)  # noqa: B023
        received.clear()
        transport.publish("a", b"last")
        await until(lambda: received == [b"last"])
    await until(lambda: len(asyncio.all_tasks()) == 1)


async def test_a_frozen_broker_is_given_up(
    nats_process: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broker that stops answering is given up although its connection stands and is full."""
    monkeypatch.setattr(link_module, "PING_PERIOD", 0.05)
    monkeypatch.setattr(link_module, "PING_TIMEOUT", 0.3)
    async with connected(nats_process.url) as transport:
        notes = Notes()
        transport.add_listener(notes)
        nats_process.freeze()
        for _ in range(100):
            transport.publish("a", bytes(500_000))
        await until(lambda: notes.all == ["disconnected"])
        nats_process.thaw()
        await until(lambda: notes.all == ["disconnected", "reconnected"])
        await transport.flush()


async def test_a_broker_that_takes_too_slowly_is_given_up(
    nats_process: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for a broker is bounded: beyond the bound the connection is given up."""
    monkeypatch.setattr(link_module, "MAX_QUEUED", 1_000_000)
    async with connected(nats_process.url) as transport:
        notes = Notes()
        transport.add_listener(notes)
        for _ in range(100):
            transport.publish("a", bytes(100_000))
        await until(lambda: notes.all == ["disconnected", "reconnected"])
        assert transport.statistics().lost > 0


async def test_a_header_that_does_not_parse(transport: NatsTransport) -> None:
    """A header that kills nats-py's reader costs the connection, not the process its hearing."""
    notes = Notes()
    transport.add_listener(notes)
    received: list[bytes] = []
    await transport.subscribe("a", lambda message: received.append(message.payload))
    await transport.flush()
    client = transport._link._client  # type: ignore[union-attr]
    client._transport.write(b"HPUB a 8 9\r\nNATS/1.0x\r\n")  # type: ignore[union-attr]
    await until(lambda: notes.all == ["disconnected", "reconnected"])
    transport.publish("a", b"heard")
    await until(lambda: b"heard" in received)


async def test_a_burst_is_handed_on_whole(nats_server: str) -> None:
    """However much comes at once, nothing is queued here, and so nothing dropped."""
    async with connected(nats_server) as transport, connected(nats_server) as sender:
        received: list[int] = []
        await transport.subscribe("a.>", lambda message: received.append(int(message.payload)))
        await transport.flush()
        for number in range(100_000):
            sender.publish("a.b", b"%d" % number)
        await until(lambda: len(received) == 100_000)
        assert received == list(range(100_000))


async def test_D11_who_reads_too_slowly_is_cut_off_and_told(tmp_path: Path) -> None:
    """What the broker drops for a slow consumer is no silent loss: it ends the connection."""
    config = tmp_path / "slow.conf"
    config.write_text("max_pending: 1MB\nwrite_deadline: 200ms\n")
    server = NatsServer(tmp_path, "-c", str(config))
    async with connected(server.url) as transport, connected(server.url) as sender:
        notes = Notes()
        transport.add_listener(notes)
        received: list[bytes] = []
        await transport.subscribe("a", lambda message: received.append(message.payload))
        await transport.flush()
        assert transport._link is not None
        writer = transport._link._client.writer
        assert isinstance(writer, asyncio.StreamWriter)
        reading = writer.transport
        assert isinstance(reading, asyncio.ReadTransport)
        reading.pause_reading()  # as if the loop were busy
        for _ in range(64):
            sender.publish("a", bytes(500_000))
            await sender.flush()
        reading.resume_reading()
        await until(lambda: notes.all == ["disconnected", "reconnected"])
        sender.publish("a", b"after")
        await until(lambda: b"after" in received)
        assert len(received) < 65
    server.close()


async def test_D22_close_drains(nats_server: str) -> None:
    """Closing handles every message that the broker had given away, and sends what they cause."""
    async with connected(nats_server) as sender:
        answered: list[bytes] = []
        await sender.subscribe("answer", lambda message: answered.append(message.payload))
        await sender.flush()
        workers = [await NatsTransport.connect(nats_server) for _ in range(2)]
        for worker in workers:

            def work(message: Message, worker: NatsTransport = worker) -> None:
                worker.publish("answer", message.payload)

            await worker.subscribe("work", work, queue="q")
            await worker.flush()
        for number in range(2000):
            sender.publish("work", b"%d" % number)
            if number == 1000:
                draining = asyncio.create_task(workers[0].close())
            if number % 100 == 0:
                await sender.flush()
        await draining
        await workers[0].close()
        await until(lambda: len(answered) == 2000)
        await workers[1].close()


async def test_a_closed_transport_loses_what_is_published(nats_server: str) -> None:
    """After closing, publishing does nothing but count."""
    transport = await NatsTransport.connect(nats_server)
    await transport.close()
    transport.publish("a", b"")
    assert transport.statistics().lost == 1
    with pytest.raises(BrokerUnavailable):
        await transport.flush()
