"""A shop over a real broker, gateways to it, and pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from shop.contracts import Cart, Item, Product
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient
from shop.services import CartsInMemory, ProductsInMemory
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from fusionrt import Computed, Host
from fusionrt.remote.client import Client
from fusionrt.rpc.client.statistics import SessionStatistics
from fusionrt.web import Gateway
from fusionrt.web.sockets import TAKE
from fusionrt.wire.limits import Timing
from tests.natsserver import NatsServer
from tests.waiting import until

from .page import PageTransport
from .serving import Served, served

__all__ = [
    "CARTS",
    "PRODUCTS",
    "CountedCarts",
    "CountedProducts",
    "Door",
    "World",
    "through_gateway",
    "until_value",
]

PRODUCTS = {"pen": Product("pen", Decimal(2)), "cup": Product("cup", Decimal(5))}
CARTS = {"1": Cart("1", (Item("pen", 3), Item("cup", 1)))}


@dataclass
class CountedProducts(ProductsInMemory):
    """ran: the keys whose bodies ran."""

    ran: list[str] = field(default_factory=list)

    async def get(self, id: str) -> Product | None:
        self.ran.append(id)
        return await super().get(id)


@dataclass
class CountedCarts(CartsInMemory):
    """ran: the keys whose totals were computed."""

    ran: list[str] = field(default_factory=list)

    async def total(self, id: str) -> Decimal:
        self.ran.append(id)
        return await super().total(id)


async def until_value(changes: AsyncIterator[Computed[Any]], value: object) -> None:
    """Return when what is watched has this value, and it is proven."""
    async for computed in changes:
        if computed.is_consistent and computed.value == value:
            return


class Door:
    """A gateway that is served: its host, and where it is."""

    def __init__(self, host: Host, gateway: Gateway, at: Served) -> None:
        self.host = host
        self.gateway = gateway
        self.at = at
        self.ws = f"{at.ws}/fusion/ws"

    def peers(self, service: str) -> tuple[SessionStatistics, ...]:
        """What it has from a service's hosts."""
        return self.host.statistics().caller.peers[service].sessions


class Relayed:
    """An application on a server that hands no connection over: all is said by ASGI's messages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        extensions = {**scope.get("extensions", {})}
        extensions.pop(TAKE, None)
        await self._app({**scope, "extensions": extensions}, receive, send)


class World:
    """Everything ends with the test.

    relayed: its gateways are on any server of ASGI, not on the one that runs them alone.
    """

    relayed = False

    def __init__(self, nats: str, timing: Timing) -> None:
        self.nats = nats
        self.timing = timing
        self.products = CountedProducts(dict(PRODUCTS))
        self._exits = AsyncExitStack()
        self._pages: list[Host] = []

    async def host(self, **options: Any) -> Host:
        """A process at the broker."""
        return await self._exits.enter_async_context(Host(self.nats, timing=self.timing, **options))

    async def shop(self) -> CountedCarts:
        """Products on one host, carts on another."""
        await (await self.host()).serve(self.products)
        host = await self.host()
        carts = CountedCarts(host.client(ProductsClient), dict(CARTS))
        await host.serve(carts)
        return carts

    async def door(
        self,
        contracts: Iterable[type[Client]] = (ProductsClient, CartsClient),
        principal: str | None = None,
        **options: Any,
    ) -> Door:
        """A gateway, in a process of its own. principal: of that. They have one secret."""
        options = {"secret": "of all gateways", **options}
        host = await self.host(unused_after=5 * self.timing.lease, principal=principal)
        gateway = Gateway(host, contracts, **options)
        app: ASGIApp = Starlette(routes=[Mount("/fusion", gateway)])
        if self.relayed:
            app = Relayed(app)
        return Door(host, gateway, await self._exits.enter_async_context(served(app)))

    async def page(self, *doors: Door, **options: Any) -> tuple[Host, PageTransport]:
        """A page that connects to the first of these, and later to the next."""
        transport = PageTransport([door.ws for door in doors], **options)
        host = Host(transport=transport, timing=self.timing)
        await until(lambda: transport.sockets)
        await host.__aenter__()
        self._pages.append(host)
        return host, transport

    async def leave(self, page: Host) -> None:
        """A page is closed."""
        self._pages.remove(page)
        await page.__aexit__(None, None, None)

    async def close_pages(self) -> None:
        """All of them."""
        while self._pages:
            await self.leave(self._pages[-1])

    async def close(self) -> None:
        """Pages first, then what they are connected to."""
        await self.close_pages()
        await self._exits.aclose()


@asynccontextmanager
async def through_gateway(
    folder: Path, timing: Timing | None = None, *arguments: str
) -> AsyncIterator[World]:
    """A world at a broker of its own. arguments: of its command line."""
    server = NatsServer(folder, *arguments)
    world = World(server.url, timing or Timing())
    try:
        yield world
    finally:
        await world.close()
        server.close()
