"""Hosts of one service that share a log, and what they have in common."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import nats
from nats.js import JetStreamContext

from fusionrt import Host, JetStreamLog
from fusionrt.operations import OpenLog, StoredKey, StoredOperation
from tests.lab import LabClient, TinyLab

__all__ = ["STREAM", "Site", "jetstream_of", "last_of", "site", "told"]

STREAM = "fusion-log"


@dataclass
class Site:
    """Labs that read the same data, each on a host of its own."""

    data: dict[str, int]
    exits: AsyncExitStack
    hosts: list[Host] = field(default_factory=list)
    labs: list[TinyLab] = field(default_factory=list)
    leaving: list[AsyncExitStack] = field(default_factory=list)

    async def join(self, host: Host, lab: type[TinyLab] = TinyLab) -> TinyLab:
        """One host more."""
        leaving = await self.exits.enter_async_context(AsyncExitStack())
        await leaving.enter_async_context(host)
        made = lab(self.data)
        await host.serve(made)
        self.hosts.append(host)
        self.labs.append(made)
        self.leaving.append(leaving)
        return made

    def log(self, number: int) -> OpenLog:
        """Of a host."""
        log = self.hosts[number]._open().commits.nudges.log
        assert log is not None
        return log

    async def client(self, url: str) -> LabClient:
        """A client in a host of its own."""
        return (await self.exits.enter_async_context(Host(url))).client(LabClient)


@asynccontextmanager
async def site(*urls: str, **options: Any) -> AsyncIterator[Site]:
    """A host at each URL; `options` of their logs."""
    async with AsyncExitStack() as exits:
        made = Site({"a": 1, "b": 2}, exits)
        for url in urls:
            await made.join(Host(url, log=JetStreamLog(**options)))
        yield made


@asynccontextmanager
async def jetstream_of(url: str) -> AsyncIterator[JetStreamContext]:
    """JetStream, for what an operator does, who has the time of a busy machine."""
    async with await nats.connect(url) as client:
        yield client.jetstream(timeout=30.0)


async def last_of(url: str, stream: str = STREAM) -> int:
    """How far the stream is."""
    async with jetstream_of(url) as js:
        return (await js.stream_info(stream)).state.last_seq


def told(*keys: StoredKey, id: str = "1", iid: str = "another", command: str = "lab.new") -> bytes:
    """What another host stores."""
    return StoredOperation(id, iid, command, keys).encode()
