"""A cluster of three brokers loses each of them in turn, under load."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path

from fusionrt import Host
from tests.lab import LabClient, TinyLab
from tests.natsserver import NatsServer
from tests.waiting import until

NODES = 3


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def cluster(folder: Path, stack: ExitStack) -> list[NatsServer]:
    ports = free_ports(NODES)
    routes = ",".join(f"nats://127.0.0.1:{port}" for port in ports)
    nodes: list[NatsServer] = []
    for number, port in enumerate(ports):
        own = folder / str(number)
        own.mkdir()
        mine = "--cluster_name", "test", "--cluster", f"nats://127.0.0.1:{port}"
        nodes.append(NatsServer(own, *mine, "--routes", routes))
        stack.callback(nodes[-1].close)
    return nodes


class Load:
    """Commands and strict reads without pause; what failed."""

    def __init__(self, client: LabClient) -> None:
        self.calls = 0
        self.failures: list[str] = []
        self._client = client

    async def run(self, key: str) -> None:
        value = 0
        while True:
            value += 1
            try:
                await self._client.put(key, value)
                read = await self._client.double(key)
            except Exception as error:
                self.failures.append(f"{key}={value}: {error!r}")
            else:
                if read != 2 * value:
                    self.failures.append(f"{key}={value} reads {read}")
            self.calls += 2
            await asyncio.sleep(0.005)


@asynccontextmanager
async def loaded(load: Load) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(load.run(f"k{number}")) for number in range(8)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


def starting_at(urls: Sequence[str], first: int) -> str:
    return ",".join([*urls[first:], *urls[:first]])


async def test_D10_a_cluster_loses_each_broker_in_turn(tmp_path: Path) -> None:
    """Whoever was connected to it goes on at another one: no call fails, and each read shows what
    the command before it wrote.
    """
    with ExitStack() as servers:
        nodes = cluster(tmp_path, servers)
        urls = [node.url for node in nodes]
        async with AsyncExitStack() as stack:
            serving = await stack.enter_async_context(Host(starting_at(urls, 0)))
            calling = await stack.enter_async_context(Host(starting_at(urls, 1)))
            await serving.serve(TinyLab())
            load = Load(calling.client(LabClient))
            async with loaded(load):
                await until(lambda: load.calls > 100)
                for node in nodes:
                    node.kill()
                    before = load.calls
                    await until(lambda before=before: load.calls > before + 200)  # type: ignore[misc]
                    node.start()
                    before = load.calls
                    await until(lambda before=before: load.calls > before + 200)  # type: ignore[misc]
            assert not load.failures
            reconnects = serving.statistics().transport.reconnects
            assert reconnects + calling.statistics().transport.reconnects >= 2
