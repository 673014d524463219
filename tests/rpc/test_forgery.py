"""Messages in somebody else's name, to real hosts and clients: they change nothing (D30)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
import pytest

from fusionrt import Host
from fusionrt.rpc import Subjects
from fusionrt.rpc.host.statistics import ResponderStatistics
from fusionrt.transport import Message
from fusionrt.transport.memory import MemoryNetwork, MemoryTransport
from fusionrt.wire.envelopes import (
    ClientEnvelope,
    HostEnvelope,
    decode_client_envelope,
    decode_host_envelope,
    encode_client_envelope,
    encode_host_envelope,
)
from fusionrt.wire.frames import (
    VERSION,
    Bye,
    ClientFrame,
    End,
    Farewell,
    Hello,
    HostFrame,
    Invalidated,
    KeepAlive,
    Rejected,
    Results,
    Resync,
    Unsubscribe,
    Welcome,
)
from tests.lab import LabClient, TinyLab, peer_of
from tests.waiting import until

ENDING: tuple[ClientFrame, ...] = (
    Bye(),
    Unsubscribe((1, 2, 3)),
    Resync(99, 0, True, (), (), ()),
    KeepAlive(99, 0, 0),
    Hello(99, VERSION),
)
STALE: tuple[HostFrame, ...] = (
    Invalidated((1, 2, 3), "forged"),
    Rejected("unknown"),
    Farewell(),
    Results(1, (1, 2), (b"\x07", b"\x07"), False),
    End(1, 0, None),
    Welcome(99, VERSION),
)


class Spy:
    """Reads all that travels, as nobody can whom the broker's permissions bind; says what it likes.

    from_client, from_host: the last of what each said, with its subject.
    """

    def __init__(self, transport: MemoryTransport) -> None:
        self.transport = transport
        self.from_client: tuple[str, ClientEnvelope]
        self.from_host: tuple[str, HostEnvelope]
        self.opening: list[Message] = []

    async def listen(self) -> None:
        """Begin."""
        await self.transport.subscribe("fusion.i.>", self._to_host)
        await self.transport.subscribe("fusion.c.>", self._to_client)

    def _to_host(self, message: Message) -> None:
        self.opening.append(message)
        self.from_client = message.subject, decode_client_envelope(message.payload)

    def _to_client(self, message: Message) -> None:
        self.from_host = message.subject, decode_host_envelope(message.payload)

    def say(self, *frames: ClientFrame, **name: Any) -> None:
        """To the host, as the client would, but for this."""
        subject, envelope = self.from_client
        said = msgspec.structs.replace(envelope, frames=frames, **name)
        self.transport.publish(
            subject,
            encode_client_envelope(
                said.cid, said.principal, said.gen, said.last, frames, said.proof
            ),
        )

    def answer(self, *frames: HostFrame, number: int, **name: Any) -> None:
        """To the client, as the host would, but for this."""
        subject, envelope = self.from_host
        said = msgspec.structs.replace(envelope, number=number, **name)
        self.transport.publish(
            subject, encode_host_envelope(said.iid, said.gen, number, frames, said.proof)
        )


class World:
    """A served lab, a client of it that holds a result, and a spy."""

    lab: TinyLab
    serving: Host
    calling: Host
    client: LabClient
    spy: Spy

    def counts(self) -> ResponderStatistics:
        """Of the service."""
        return self.serving.statistics().services["lab"]

    async def still_works(self) -> None:
        """The session is the same, and what it holds is invalidated when it should be."""
        held = await self.client.computed.get("a")
        before = len(self.counts().sessions)
        ran = len(self.lab.ran)
        assert await self.client.get("a") == held.value
        assert len(self.lab.ran) == ran
        await self.client.put("a", held.value + 1)
        assert not held.is_consistent
        assert await self.client.get("a") == held.value + 1
        assert len(self.counts().sessions) == before == 1
        assert self.counts().sessions[0].principal == "shop"
        (session,) = peer_of(self.client).statistics().sessions
        assert session.session.resyncs == 0


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """Entered."""
    async with AsyncExitStack() as stack:
        it, network = World(), MemoryNetwork(1)
        it.spy = Spy(network.connect("spy"))
        await it.spy.listen()
        it.lab = TinyLab({"a": 1})
        enter = stack.enter_async_context
        it.serving = await enter(Host(transport=network.connect("serving"), principal="lab"))
        await it.serving.serve(it.lab)
        it.calling = await enter(Host(transport=network.connect("calling"), principal="shop"))
        it.client = it.calling.client(LabClient)
        assert await it.client.get("a") == 1
        yield it


@pytest.mark.parametrize("frame", ENDING, ids=lambda frame: type(frame).__name__)
@pytest.mark.parametrize("proof", [b"", bytes(20), b"x" * 5000], ids=["none", "guess", "long"])
async def test_D30_nobody_speaks_in_a_session_without_its_proof(
    frame: ClientFrame, proof: bytes
) -> None:
    """Not even who knows everything else of it: the message is counted, and that is all."""
    async with world() as it:
        it.spy.say(frame, proof=proof)
        if not isinstance(frame, Hello):
            await until(lambda: it.counts().forged == 1)
        await it.still_works()


@pytest.mark.parametrize("frame", STALE, ids=lambda frame: type(frame).__name__)
@pytest.mark.parametrize("number", [0, 1, 3, 100])
async def test_D30_nobody_answers_in_a_session_without_its_proof(
    frame: HostFrame, number: int
) -> None:
    """An invalidation, a result, an end that somebody made up: none is believed."""
    async with world() as it:
        received = peer_of(it.client).statistics().sessions[0].session.received
        it.spy.answer(frame, number=number, proof=bytes(20))
        await until(lambda: peer_of(it.client).statistics().sessions[0].session.received > received)
        (session,) = peer_of(it.client).statistics().sessions
        assert session.session.forged == (0 if isinstance(frame, Welcome) else 1)
        await it.still_works()


async def test_D30_a_hello_in_somebody_s_name_touches_nothing() -> None:
    """Not with the client's id, nor with the session's number: the welcome goes to the inbox that
    only this principal reads.
    """
    async with world() as it:
        hosts = Subjects().hosts("lab")
        _, envelope = it.spy.from_client
        for gen in (envelope.gen, envelope.gen + 1):
            for principal in ("shop", "mallory", "lab"):
                data = encode_client_envelope(envelope.cid, principal, gen, 0, (Hello(1, VERSION),))
                for _ in range(100):
                    it.spy.transport.publish(hosts, data)
        await it.still_works()
        assert it.counts().forged == 0


async def test_D30_a_principal_s_own_proof_opens_no_session_of_another() -> None:
    """Mallory is welcomed by the client's id and number, and shows what that proves: a session of
    mallory's own.
    """
    async with world() as it:
        _, envelope = it.spy.from_client
        hello = encode_client_envelope(
            envelope.cid, "mallory", envelope.gen, 0, (Hello(1, VERSION),)
        )
        it.spy.transport.publish(Subjects().hosts("lab"), hello)
        await until(lambda: ".mallory." in it.spy.from_host[0])
        proof = it.spy.from_host[1].proof
        it.spy.say(Bye(), proof=proof)
        await until(lambda: it.counts().forged == 1)
        it.spy.say(KeepAlive(2, 0, 0), proof=proof, principal="mallory", last=1)
        await until(lambda: len(it.counts().sessions) == 2)
        assert {each.principal for each in it.counts().sessions} == {"shop", "mallory"}
        it.spy.say(Bye(), proof=proof, principal="mallory", last=1)
        await until(lambda: len(it.counts().sessions) == 1)
        await it.still_works()


async def test_D30_what_opened_a_session_opens_no_other_one() -> None:
    """All that a client said is said again when it has left: nothing runs, nothing is kept."""
    async with world() as it:
        await it.client.put("b", 2)
        said = list(it.spy.opening)
        peer_of(it.client).close()
        await until(lambda: not it.counts().sessions)
        ran = list(it.lab.ran)
        for message in said:
            it.spy.transport.publish(message.subject, message.payload)
        await it.spy.transport.flush()
        await until(lambda: len(it.spy.opening) >= 2 * len(said))
        assert it.lab.ran == ran
        assert it.counts().sessions == ()


async def test_D30_a_session_that_was_resumed_is_proven_as_before() -> None:
    """After a lost connection its client shows the same proof; nobody took it meanwhile."""
    async with world() as it:
        proof = it.spy.from_client[1].proof
        network = it.spy.transport._network
        network.disconnect("calling")
        it.spy.say(Bye(), proof=b"")
        it.spy.say(Hello(5, VERSION), proof=b"")
        said = len(it.spy.opening)
        network.reconnect("calling")
        held = await it.client.computed.get("a")

        def resyncs() -> list[ClientEnvelope]:
            told = (decode_client_envelope(each.payload) for each in it.spy.opening[said:])
            return [each for each in told if any(type(f) is Resync for f in each.frames)]

        await until(resyncs)
        assert {each.proof for each in resyncs()} == {proof}
        await it.client.put("a", 5)
        assert not held.is_consistent
        assert it.counts().forged == 1
