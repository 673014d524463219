"""A simulated system: products, carts and callers as hosts of one loop, on a bad network.

All is drawn from a seed; time is virtual. The world checks laws as it goes.
"""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_left
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from shop.contracts import Cart, Item, Product
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient
from shop.services import CartsInMemory, ProductsInMemory

from fusionrt import CallTimeout, Computed, Host, RemoteUnavailable, ServiceDisposed
from fusionrt.primitives import now, spawn
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork

__all__ = ["Caller", "Process", "Truth", "World", "simulated"]

HOP = 6.0
"""Seconds that a strict read may be stale for each hop: the lease (D14)."""
MESSAGES = 0.5
"""Seconds that messages take, all together."""

CALM = Faults(delay=(0.001, 0.02))
BAD = Faults(delay=(0.001, 0.05), drop=0.03, duplicate=0.03)
ERRORS = (RemoteUnavailable, CallTimeout)


@dataclass
class Truth:
    """The price of the product, which only rises, and when it did."""

    products: dict[str, Product] = field(default_factory=lambda: {"p": Product("p", Decimal(1))})
    prices: list[Decimal] = field(default_factory=lambda: [Decimal(1)])
    times: list[float] = field(default_factory=lambda: [0.0])
    ran: set[Decimal] = field(default_factory=set)

    def write(self, price: Decimal) -> None:
        """A command runs; its price is a request for at least that much."""
        assert price not in self.ran, "a command ran twice (D13)"
        self.ran.add(price)
        if price > self.prices[-1]:
            self.products["p"] = Product("p", price)
            self.prices.append(price)
            self.times.append(now())

    def stale_for(self, price: Decimal) -> float:
        """For how long a price has not been the newest, in seconds."""
        following = bisect_left(self.prices, price) + 1
        return now() - self.times[following] if following < len(self.times) else 0.0


@dataclass
class SharedProducts(ProductsInMemory):
    """Products whose truth outlives their process."""

    truth: Truth = field(default_factory=Truth)

    async def set_price(self, id: str, price: Decimal) -> Product:
        await asyncio.sleep(0.001)
        self.truth.write(price)
        return self.truth.products[id]


class Process:
    """A process of the simulated system."""

    def __init__(self, network: MemoryNetwork, name: str) -> None:
        self.name = name
        self.host = Host(transport=network.connect(name))
        self.connected = True
        self._network = network

    def disconnect(self) -> None:
        """Its connection breaks."""
        if self.connected:
            self.connected = False
            self._network.disconnect(self.name)

    def reconnect(self) -> None:
        """Its connection is back, if it still runs."""
        if not self.connected:
            self.connected = True
            self._network.reconnect(self.name)

    async def crash(self) -> None:
        """It ends without a word."""
        self.connected = True  # there is nothing to reconnect any more
        self._network.crash(self.name)
        error = OSError("crashed")
        await self.host.__aexit__(OSError, error, None)

    async def leave(self) -> None:
        """It shuts down in good order."""
        await self.host.__aexit__(None, None, None)
        self.connected = True


class Caller:
    """What a process does that watches, reads and writes."""

    def __init__(self, world: World, host: Host) -> None:
        self.world = world
        self.products = host.client(ProductsClient).with_options(timeout=4.0)
        self.carts = host.client(CartsClient).with_options(timeout=4.0)
        self.latest: Computed[Decimal] | None = None
        self.watching = spawn(self._watch(), "watch")

    async def _watch(self) -> None:
        async for computed in self.carts.changes.total("1"):
            self.latest = computed

    async def read(self) -> None:
        """A strict read is not staler than it may be, or fails clearly."""
        with suppress(*ERRORS):
            self._check(await self.carts.total("1"), 2 * HOP)
        with suppress(*ERRORS):
            product = await self.products.get("p")
            assert product is not None
            self._check(product.price, HOP)

    def _check(self, price: Decimal, bound: float) -> None:
        late = self.world.truth.stale_for(price)
        assert late <= bound + MESSAGES, f"a strict read was stale for {late:.1f} s (D14)"

    async def write(self) -> None:
        """If a command returns, the next strict read of the same service shows it (D15)."""
        price = self.world.new_price()
        with suppress(*ERRORS):
            await self.products.set_price("p", price)
            product = await self.products.get("p")
            assert product is not None and product.price >= price, "own write not read (D15)"

    def has_converged(self) -> bool:
        """Whether the watcher has the true value."""
        latest = self.latest
        return (
            latest is not None
            and latest.is_consistent
            and latest.error is None
            and latest.value == self.world.truth.prices[-1]
        )


class World:
    """The processes, and what happens to them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(f"world {seed}")
        self.network = MemoryNetwork(seed, CALM)
        self.truth = Truth()
        self.products = SharedProducts()
        self.carts = CartsInMemory(self.products)
        self.servers: dict[str, Process] = {}
        self.clients: list[Process] = []
        self.callers: list[Caller] = []
        self._count = 0
        self._price = 1
        self._actions: list[asyncio.Task[None]] = []

    def new_price(self) -> Decimal:
        """Higher than all before it."""
        self._price += 1
        return Decimal(self._price)

    async def start(self, role: str) -> Process:
        """A new process; of the carts there may be a spare one, too."""
        self._count += 1
        process = Process(self.network, f"{role}{self._count}")
        host = await process.host.__aenter__()
        if role == "products":
            self.products = SharedProducts(self.truth.products, self.truth)
            await host.serve(self.products)
        elif role in ("carts", "spare"):
            carts = {"1": Cart("1", (Item("p", 1),))}
            self.carts = CartsInMemory(host.client(ProductsClient), carts)
            await host.serve(self.carts)
        if role != "caller":
            self.servers[role] = process
        return process

    async def start_all(self, callers: int, *, spare: bool = False) -> None:
        """Products, carts, and callers."""
        await self.start("products")
        await self.start("carts")
        if spare:
            await self.start("spare")
        for _ in range(callers):
            self.clients.append(await self.start("caller"))
            self.callers.append(Caller(self, self.clients[-1].host))

    async def trouble(self, seconds: float) -> None:
        """Bad times."""
        self.network.faults = BAD
        end = now() + seconds
        while now() < end:
            await asyncio.sleep(self.random.expovariate(8.0))
            await self._something()

    async def peace(self, within: float) -> None:
        """Every fault ends; every watcher gets the true value (D1, D2, D6, D9, D14)."""
        await self.join()
        self.network.faults = CALM
        self.network.heal()
        for process in (*self.servers.values(), *self.clients):
            process.reconnect()
        end = now() + within
        while not all(caller.has_converged() for caller in self.callers):
            states = [caller.latest for caller in self.callers]
            watching = [caller.watching for caller in self.callers]
            assert now() < end, f"no convergence: {states}, {watching}, {self.truth.prices[-1]}"
            await asyncio.sleep(0.1)
        for caller in self.callers:
            assert await caller.carts.total("1") == self.truth.prices[-1]

    async def join(self) -> None:
        """Wait for what was begun; what it found wrong is raised here."""
        actions, self._actions = self._actions, []
        await asyncio.gather(*actions)

    async def stop(self) -> None:
        """End all processes; their watchers end, too (D17, G29)."""
        for process in (*self.clients, *self.servers.values()):
            await process.leave()
        await asyncio.wait([caller.watching for caller in self.callers])
        for caller in self.callers:
            caller.watching.exception()

    async def _something(self) -> None:
        caller = self.random.choice(self.callers)
        chance = self.random.random()
        if chance < 0.55:
            self._begin(caller.read())
        elif chance < 0.85:
            self._begin(caller.write())
        elif chance < 0.93:  # a change that no network can hinder
            with suppress(ServiceDisposed):
                await self.products.set_price("p", self.new_price())
        else:
            await self._trouble()

    async def _trouble(self) -> None:
        role, process = self.random.choice(
            [*self.servers.items(), *(("caller", client) for client in self.clients)]
        )
        match self.random.choice(["partition", "disconnect", "crash", "leave", "overflow"]):
            case "partition":
                self.network.partition(process.name)
                self._begin(self._later(self.network.heal))
            case "disconnect":
                process.disconnect()
                self._begin(self._later(process.reconnect))
            case "overflow":
                cid = process.host.statistics().caller.cid
                self.network.overflow(process.name, f"fusion.c.anonymous.{cid}.>")
            case "crash" if role != "caller":
                await process.crash()
                await asyncio.sleep(self.random.choice([0.0, 0.5, 3.0]))
                await self.start(role)
            case "leave" if role != "caller" and process.connected:
                await process.leave()
                await self.start(role)

    async def _later(self, action: Callable[[], None]) -> None:
        await asyncio.sleep(self.random.choice([0.1, 1.0, 5.0, 9.0, 20.0]))
        action()

    def _begin(self, action: Coroutine[Any, Any, None]) -> None:
        self._actions.append(spawn(action, "action"))


def simulated(
    test: Callable[[World], Coroutine[Any, Any, None]], *, seeds: int = 5
) -> Callable[[], None]:
    """The test, in some universes with one caller each."""

    def simulate() -> None:
        for seed in range(seeds):
            run(_universe(test, seed), seed=seed)

    simulate.__name__ = test.__name__
    simulate.__doc__ = test.__doc__
    return simulate


async def _universe(test: Callable[[World], Coroutine[Any, Any, None]], seed: int) -> None:
    world = World(seed)
    await world.start_all(callers=1)
    await world.peace(within=1.0)
    await test(world)
    world.network.heal()
    await world.stop()
