"""Messages between processes of which both, one or none makes large ones smaller."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from fusionrt import Host
from fusionrt.transport.nats import NatsTransport
from fusionrt.wire.packing import ZSTD, Packing
from tests.lab import LabClient, TinyLab
from tests.waiting import until


class Counting:
    """Counts the bytes of what is published."""

    def __init__(self, transport: NatsTransport) -> None:
        self.sizes: list[int] = []
        publish = transport.publish

        def counted(subject: str, payload: bytes, reply: str = "", *, held: bool = False) -> None:
            self.sizes.append(len(payload))
            publish(subject, payload, reply, held=held)

        transport.publish = counted  # type: ignore[method-assign]


@asynccontextmanager
async def sizes(
    url: str, *, host: bool, client: bool
) -> AsyncIterator[tuple[LabClient, Counting, Counting, Host]]:
    """A client, and what it and its host send."""
    transports = [await NatsTransport.connect(url) for _ in range(2)]
    counting = [Counting(transport) for transport in transports]
    async with (
        Host(transport=transports[0], compress=host) as serving,
        Host(transport=transports[1], compress=client) as calling,
    ):
        await serving.serve(TinyLab())
        yield calling.client(LabClient), counting[1], counting[0], serving


@pytest.mark.parametrize("host", [True, False])
@pytest.mark.parametrize("client", [True, False])
async def test_large_messages_are_packed_where_both_ends_can(
    nats_server: str, host: bool, client: bool
) -> None:
    """Arguments and results alike; what one of them cannot read is never sent to it."""
    text = "a hundred bowls of tea, " * 2000
    async with sizes(nats_server, host=host, client=client) as (lab, asked, answered, _):
        assert await lab.echo("small") == "small"
        assert await lab.echo(text) == text
        for counting in (asked, answered):
            assert (max(counting.sizes) < 2000) is (host and client)


async def test_items_and_replicas_travel_packed_as_well(nats_server: str) -> None:
    """Whatever the frame."""
    async with sizes(nats_server, host=True, client=True) as (lab, _, answered, _):
        assert await lab.blob(100_000) == bytes(100_000)
        blobs = lab.blobs(100_000)
        assert await anext(blobs) == bytes(100_000)
        await blobs.aclose()  # type: ignore[attr-defined]
        assert max(answered.sizes) < 5000


async def test_D21_a_bomb_costs_its_sender_alone(nats_server: str) -> None:
    """A host drops it and counts; its other clients are served."""
    bomb = Packing(1 << 20).pack(bytes(100 << 20))
    async with sizes(nats_server, host=True, client=True) as (lab, _, _, serving):
        await lab.echo("warm")
        session = lab._fusion._peer.statistics().sessions[0]
        assert session.host is not None
        stranger = await NatsTransport.connect(nats_server)
        stranger.publish(f"fusion.i.lab.{session.host}", bomb)
        await stranger.flush()
        await stranger.close()
        await until(lambda: serving.statistics().services["lab"].dropped == 1)
        assert await lab.echo("on") == "on"


async def test_a_host_says_what_it_can_unpack(nats_server: str) -> None:
    """In its welcome; one that does not compress says nothing."""
    for compress in (True, False):
        async with sizes(nats_server, host=compress, client=True) as (lab, _, _, _):
            await lab.echo("warm")
            (session,) = lab._fusion._peer._sessions.values()
            await until(lambda session=session: session._wire.iid is not None)  # type: ignore[misc]
            assert session._wire.packs == ((ZSTD,) if compress else ())
