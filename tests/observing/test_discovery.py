"""NATS's own discovery finds our services, over a real broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.micro.service import ServiceInfo, ServicePing, ServiceStats

from fusionrt import Host
from fusionrt.testing import eventually
from tests.lab import LabClient, TinyLab
from tests.natsserver import NatsServer


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsServer]:
    """A broker."""
    server = NatsServer(tmp_path)
    yield server
    server.close()


@asynccontextmanager
async def console(broker: NatsServer) -> AsyncIterator[Client]:
    """A connection such as the `nats` command line has."""
    client = await nats.connect(broker.url)
    yield client
    await client.close()


async def ask(client: Client, subject: str, answers: int) -> list[dict[str, Any]]:
    """Answers, so many, ordered by the instances that gave them."""
    inbox, heard = client.new_inbox(), []

    async def hear(message: Msg) -> None:
        heard.append(json.loads(message.data))

    subscription = await client.subscribe(inbox, cb=hear)
    await client.publish(subject, b"", reply=inbox)
    await eventually(lambda: len(heard) >= answers)
    await client.flush()
    await subscription.unsubscribe()
    assert len(heard) == answers
    return sorted(heard, key=lambda each: str(each["id"]))


async def test_every_instance_answers_for_itself(broker: NatsServer) -> None:
    """By the subjects of all, of a service, and of an instance; others stay silent."""
    async with Host(broker.url) as a, Host(broker.url) as b, console(broker) as client:
        await a.serve(TinyLab())
        await b.serve(TinyLab())
        iids = sorted((a.iid, b.iid))
        for subject in ("$SRV.PING", "$SRV.PING.lab"):
            answers = await ask(client, subject, 2)
            assert [each["id"] for each in answers] == iids
            for each in answers:
                assert each["type"] == "io.nats.micro.v1.ping_response"
                assert ServicePing.from_dict(each).name == "lab"
        (one,) = await ask(client, f"$SRV.PING.lab.{a.iid}", 1)
        assert one["id"] == a.iid
        for nobody in ("$SRV.PING.other", f"$SRV.PING.other.{a.iid}", "$SRV.DANCE"):
            await ask(client, nobody, 0)
        await client.publish("$SRV.PING", b"")  # nobody wants an answer
        await ask(client, "$SRV.PING", 2)


async def test_info_names_the_methods(broker: NatsServer) -> None:
    """Each is an endpoint, with its kind."""
    async with Host(broker.url, prefix="shop") as host, console(broker) as client:
        await host.serve(TinyLab())
        (told,) = await ask(client, "$SRV.INFO.lab", 1)
        assert told["type"] == "io.nats.micro.v1.info_response"
        info = ServiceInfo.from_dict(told)
        assert (info.name, info.id, info.version) == ("lab", host.iid, "0.0.0")
        kinds = {each.name: each.metadata["kind"] for each in info.endpoints}
        assert kinds["get"] == "compute"
        assert kinds["put"] == "command"
        assert kinds["echo"] == "plain"
        assert kinds["count"] == "stream"
        assert {each.subject for each in info.endpoints} == {"shop.q.lab"}


async def test_stats_are_ours(broker: NatsServer) -> None:
    """Requests of each method, its errors and its time, and what the service holds."""
    async with (
        Host(broker.url, metrics=True) as host,
        Host(broker.url) as other,
        console(broker) as client,
    ):
        await host.serve(TinyLab({"a": 1}))
        lab = other.client(LabClient)
        await lab.get("a")
        for _ in range(3):
            await lab.echo("x")
        with pytest.raises(Exception, match="broken"):
            await lab.trouble("declared")
        assert [n async for n in lab.count(2)] == [0, 1]
        (told,) = await ask(client, f"$SRV.STATS.lab.{host.iid}", 1)
        assert told["type"] == "io.nats.micro.v1.stats_response"
        stats = ServiceStats.from_dict(told)
        assert datetime.now(UTC) - stats.started.replace(tzinfo=UTC) < timedelta(minutes=1)
        found = {each.name: each for each in stats.endpoints}
        requests = {name: each.num_requests for name, each in found.items()}
        assert requests == dict.fromkeys(found, 0) | {
            "get": 1,
            "echo": 3,
            "trouble": 1,
            "count": 1,
        }
        assert found["trouble"].num_errors == 1
        echo = found["echo"]
        assert echo.processing_time >= 3 * echo.average_processing_time > 0
        assert found["get"].data == {
            "kind": "compute",
            "hits": 0,
            "misses": 1,
            "bodies": 1,
            "service": {
                "sessions": 1,
                "registrations": 1,
                "running": 0,
                "waiting": 0,
                "streams": 0,
                "refused": 0,
            },
        }
        assert other.statistics().caller.cid not in json.dumps(told), "D28"


async def test_a_host_that_does_not_measure_counts_requests_still(broker: NatsServer) -> None:
    """What it does not know is zero."""
    async with Host(broker.url) as host, Host(broker.url) as other, console(broker) as client:
        await host.serve(TinyLab())
        await asyncio.gather(*(other.client(LabClient).echo("x") for _ in range(5)))
        (told,) = await ask(client, "$SRV.STATS.lab", 1)
        (echo,) = (each for each in told["endpoints"] if each["name"] == "echo")
        assert (echo["num_requests"], echo["processing_time"]) == (5, 0)


async def test_discovery_outlives_a_broker(broker: NatsServer) -> None:
    """Both instances are found again after it came back."""
    async with Host(broker.url) as a, Host(broker.url) as b:
        await a.serve(TinyLab())
        await b.serve(TinyLab())
        broker.restart()
        for host in (a, b):
            await eventually(partial(reconnected, host))
        async with console(broker) as client:
            answers = await ask(client, "$SRV.STATS", 2)
            assert [each["id"] for each in answers] == sorted((a.iid, b.iid))


def reconnected(host: Host) -> bool:
    """Whether it has another connection."""
    return host.statistics().transport.reconnects == 1


async def test_a_host_that_left_is_not_found(broker: NatsServer) -> None:
    """It stops to answer with its services."""
    async with Host(broker.url) as a, console(broker) as client:
        await a.serve(TinyLab())
        async with Host(broker.url) as b:
            await b.serve(TinyLab())
            await ask(client, "$SRV.PING", 2)
        (told,) = await ask(client, "$SRV.PING", 1)
        assert told["id"] == a.iid


async def test_nobody_makes_a_host_speak_to_our_own_subjects(broker: NatsServer) -> None:
    """An answer goes where the asker says; not to clients, hosts, or what the broker has itself."""
    async with Host(broker.url) as host, console(broker) as client:
        await host.serve(TinyLab())
        heard: list[str] = []

        async def hear(message: Msg) -> None:
            heard.append(message.subject)

        for subject in ("fusion.>", "$JS.>", "mine"):
            await client.subscribe(subject, cb=hear)
        for reply in ("fusion.c.bob.1.lab", "fusion.op.lab", "$JS.API.x", "mine"):
            await client.publish("$SRV.PING", b"", reply=reply)
        await eventually(lambda: "mine" in heard)
        await client.flush()
        assert heard == ["mine"]


async def test_a_host_that_may_not_be_found_works_still(tmp_path: Path) -> None:
    """Permissions need not allow discovery: nothing else depends on it."""
    config = tmp_path / "server.conf"
    config.write_text(
        "authorization { users = [ { user: shop, password: secret, permissions: {"
        ' publish: ["fusion.>"], subscribe: ["fusion.>"] } }, { user: ops, password: secret } ] }'
    )
    server = NatsServer(tmp_path, "-c", str(config))
    try:
        url = server.url.replace("//", "//shop:secret@")
        ops = await nats.connect(server.url.replace("//", "//ops:secret@"))
        async with Host(url) as host, Host(url) as other:
            await host.serve(TinyLab({"a": 1}))
            client = other.client(LabClient)
            assert await client.get("a") == 1
            await client.put("a", 2)
            await eventually(partial(is_value, client, 2))
            await ask(ops, "$SRV.PING", 0)
            assert host.statistics().transport.reconnects == 0
        await ops.close()
    finally:
        server.close()


async def is_value(client: LabClient, value: int) -> bool:
    """Whether a read finds it."""
    return await client.get("a") == value
