"""The service of these tests, and every way to call it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fusionrt import Host
from fusionrt.transport.memory import Faults, MemoryNetwork
from fusionrt.wire.limits import Timing
from tests.streams.contracts import Flows, Page, Refused, Row
from tests.streams.generated.flows import FlowsClient, FlowsService
from tests.waiting import SOONER

__all__ = ["MyFlows", "Source", "World", "alone", "in_memory", "over_nats"]


class MyFlows(FlowsService):
    """Its bodies do what their names say."""

    def __init__(self) -> None:
        self.sum_of_rows = 0
        self.loads: list[str] = []
        self.caught: list[BaseException] = []
        self.gate = asyncio.Event()
        """What `take` and `ignore` wait for, after they read."""
        self.pace = asyncio.Event()
        """What `sum` waits for at each item while it is not set."""
        self.pace.set()
        self.seen = 0
        self.counting = 0
        self.given: object = None

    async def total(self) -> int:
        return self.sum_of_rows

    async def load(self, name: str, rows: AsyncIterator[Row]) -> int:
        self.loads.append(name)
        added = 0
        async for row in rows:
            added += row.number
        self.sum_of_rows += added
        if name == "refused":
            raise Refused(name)
        return added

    async def sum(self, numbers: AsyncIterable[int]) -> int:
        total = 0
        try:
            async for number in numbers:
                await self.pace.wait()
                total += number
                self.seen += 1
        except BaseException as error:
            self.caught.append(error)
            raise
        return total

    async def count(self, numbers: AsyncIterator[int]) -> int:
        self.counting += 1
        await self.pace.wait()
        async for _ in numbers:
            self.seen += 1
        return self.seen

    async def take(self, count: int, *, numbers: AsyncIterator[int]) -> list[int]:
        taken = []
        async for number in numbers:
            taken.append(number)
            if len(taken) == count:
                break
        await self.gate.wait()
        return taken

    async def ignore(self, numbers: AsyncIterator[int]) -> str:
        self.given = type(numbers).__name__
        await self.gate.wait()
        return "ignored"

    async def blobs(self, blobs: AsyncIterator[bytes]) -> int:
        size = 0
        async for blob in blobs:
            await self.pace.wait()
            size += len(blob)
        return size

    async def doubled(self, numbers: AsyncIterator[int]) -> AsyncIterator[int]:
        async for number in numbers:
            yield 2 * number

    async def open(self, title: str, count: int) -> tuple[Page, AsyncIterator[Row]]:
        if title == "refused":
            raise Refused(title)
        if title == "slow":
            await self.gate.wait()
        return Page(title, count), self._rows(count)

    async def _rows(self, count: int) -> AsyncIterator[Row]:
        try:
            for number in range(count):
                yield Row(number)
                self.seen += 1
        except BaseException as error:
            self.caught.append(error)
            raise

    async def relay(
        self, title: str, rows: AsyncIterator[Row]
    ) -> tuple[Page, int, AsyncIterator[Row]]:
        return Page(title, 0), 7, rows

    async def ticks(self, count: int) -> AsyncIterator[int]:
        for number in range(count):
            yield number
            self.seen = number
            if number % 100 == 0:
                await asyncio.sleep(0)


@dataclass
class Source:
    """Makes numbers, and knows how far it came and how it ended."""

    upto: int | None = None
    fails: Exception | None = None
    given: int = 0
    closed: bool = False
    ended: BaseException | None = None
    waits: asyncio.Event | None = None

    async def numbers(self) -> AsyncIterator[int]:
        try:
            while self.upto is None or self.given < self.upto:
                self.given += 1
                yield self.given - 1
            if self.waits is not None:
                await self.waits.wait()
            if self.fails is not None:
                raise self.fails
        except BaseException as error:
            self.ended = error
            raise
        finally:
            self.closed = True

    async def rows(self) -> AsyncIterator[Row]:
        try:
            async for number in self.numbers():
                yield Row(number)
        finally:
            self.closed = True


@dataclass
class World:
    """A service, and something to call it by."""

    service: MyFlows
    flows: Flows
    network: MemoryNetwork | None = None
    serving: Host | None = None
    calling: Host | None = None

    @property
    def client(self) -> FlowsClient:
        """The same as what calls, where that is remote."""
        assert isinstance(self.flows, FlowsClient)
        return self.flows

    def streams_on_host(self) -> int:
        """How many are open there."""
        assert self.serving is not None
        return self.serving.statistics().services["flows"].streams


@asynccontextmanager
async def alone() -> AsyncIterator[World]:
    """In one process."""
    service = MyFlows()
    yield World(service, service)


@asynccontextmanager
async def in_memory(
    faults: Faults | None = None, seed: int = 1, timing: Timing = SOONER
) -> AsyncIterator[World]:
    """Over a network in memory."""
    service = MyFlows()
    network = MemoryNetwork(seed, faults)
    async with (
        Host(transport=network.connect("serving"), timing=timing) as serving,
        Host(transport=network.connect("calling"), timing=timing) as calling,
    ):
        await serving.serve(service)
        yield World(service, calling.client(FlowsClient), network, serving, calling)
        service.gate.set()
        service.pace.set()


@asynccontextmanager
async def over_nats(
    url: str,
    timing: Timing = Timing(),  # noqa: B008 - frozen
) -> AsyncIterator[World]:
    """Over a real broker."""
    service = MyFlows()
    async with Host(url, timing=timing) as serving, Host(url, timing=timing) as calling:
        await serving.serve(service)
        yield World(service, calling.client(FlowsClient), None, serving, calling)
        service.gate.set()
        service.pace.set()
