"""What clients do, and what they must see of it."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from fusionrt import (
    CallTimeout,
    Computed,
    NotBoundError,
    OutcomeUnknown,
    Overloaded,
    RemoteError,
    RemoteUnavailable,
    ServiceDisposed,
)

from .linearizability import Operation
from .scenario import CARTS, PRODUCTS, Ask
from .world import Process, World

__all__ = ["ERRORS", "Asked", "Load", "Watch", "draw_asks", "products_of"]

TIMEOUT: Final = 4.0
"""Seconds that a call has."""
HOPS: Final = {"get": 1, "cart": 2, "summary": 3}
ERRORS: Final = (
    RemoteUnavailable,
    CallTimeout,
    Overloaded,
    RemoteError,
    ServiceDisposed,
    NotBoundError,  # it thaws when its host has stopped
)
"""With which a call may fail."""
KINDS: Final = {
    "get": 22,
    "cart": 18,
    "summary": 8,
    "put": 24,
    "put_there": 5,
    "look": 6,
    "echo": 4,
    "items": 4,
    "watch_get": 3,
    "watch_cart": 4,
    "watch_summary": 2,
}
"""What is asked, and how often."""

ALL: Final = tuple(product for cart in CARTS.values() for product in cart)


def draw_asks(source: random.Random, clients: int, seconds: float) -> list[Ask]:
    """So much load as a run has; most of it in bursts, for that is when things meet."""
    asks = [Ask(0.0, client, "watch_cart", source.choice([*CARTS])) for client in range(clients)]
    kinds, weights = [*KINDS], [*KINDS.values()]
    for number in range(min(100, int(10 + seconds * source.uniform(1.0, 5.0)))):
        at = round(source.uniform(0.0, seconds), 3)
        if asks and source.random() < 0.4:
            at = round(asks[-1].at + source.choice((0.0, 0.001, 0.03)), 3)
        what = source.choices(kinds, weights)[0]
        on = source.choice([*CARTS] if what.endswith("cart") else PRODUCTS)
        patience = 0.0
        if source.random() < 0.08 or what.startswith("watch"):
            patience = source.choice((0.01, 0.2, 3.0, 9.0))
        count = source.choice((0, 3, 40, 600)) if what == "items" else number + 1
        asks.append(Ask(at, source.randrange(clients), what, on, count, patience))
    return sorted(asks, key=lambda ask: ask.at)


@dataclass(eq=False)
class Asked:
    """What became of an ask. outcome: empty while it goes on."""

    ask: Ask
    process: Process
    begun: float
    ending: asyncio.Future[Any] | None = None
    outcome: str = ""


@dataclass(eq=False)
class Watch:
    """latest: what it yielded last. on: a method of a client, and an argument."""

    process: Process
    what: str
    on: str
    latest: Computed[Any] | None = None


@dataclass
class Load:
    """Runs asks in the clients' processes, and checks what they see.

    calm: nothing goes wrong in this run, so nothing may fail.
    bound: by how many seconds a strict read may be stale for each hop (D14).
    history: of each product, for the search of `linearizability`.
    """

    world: World
    calm: bool
    bound: float
    asked: list[Asked] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    history: dict[str, list[Operation]] = field(
        default_factory=lambda: {product: [] for product in PRODUCTS}
    )
    sure: dict[int, bool] = field(default_factory=dict)
    """Prices whose command's outcome was told: whether it ran."""
    _own: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)
    """The place of the last price that a client wrote, and when it knew, by client and product."""

    def begin(self, ask: Ask) -> None:
        """Let a client do something, if it is there."""
        process = self.world.processes.get(f"client{ask.client}")
        if process is None or not process.running:
            return
        asked = Asked(ask, process, self._now())
        self.asked.append(asked)
        asked.ending = process.run(self._ask(asked))

    async def _ask(self, asked: Asked) -> None:
        ask = asked.ask
        self.world.log.say(asked.process.name, f"asks {ask.what} {ask.on} {ask.number}")
        asked.begun = self._now()
        do: Callable[[Asked], Awaitable[object]] = getattr(self, f"_{ask.what.partition('_')[0]}")
        try:
            async with asyncio.timeout(ask.patience or None):
                outcome = repr(await do(asked))
        except ERRORS as error:
            outcome = f"{type(error).__name__}: {error}"
            self._check_error(error)
        except TimeoutError:
            outcome = "left"
        asked.outcome = outcome
        self.world.log.say(asked.process.name, f"{ask.what} {ask.on} {ask.number} → {outcome}")

    def _check_error(self, error: Exception) -> None:
        """Nothing else may go wrong on a host than that it ends."""
        if self.calm:
            self.world.truth.violated("calm", f"nothing goes wrong, and a call failed: {error}")
        if isinstance(error, RemoteError) and error.code not in ("cancelled", "stream_lost"):
            self.world.truth.violated("end", f"a call failed with {error!r}")

    def _now(self) -> float:
        return self.world.universe.time()

    # -- reads --

    async def read(self, process: Process, what: str, on: str, timeout: float) -> tuple[int, ...]:
        """A strict read, which is checked."""
        begun = self._now()
        prices: tuple[int, ...]
        match what:
            case "get":
                prices = (await process.prices(timeout).get(on),)
            case "cart":
                prices = await process.carts(timeout).prices(on)
            case _:
                prices = await process.summaries(timeout).prices()
        self.check(process, what, on, prices, begun)
        return prices

    def check(
        self,
        process: Process,
        what: str,
        on: str,
        prices: tuple[int, ...],
        begun: float,
        *,
        watched: bool = False,
    ) -> None:
        """What a read that began then may have seen (D14, D15).

        watched: a watch shows it, which waits for no fence.
        """
        truth = self.world.truth
        client = process.machine.name
        hops = HOPS[what]
        for product, price in zip(products_of(what, on), prices, strict=True):
            if not truth.is_of(price, product):
                truth.violated("D14", f"{client} read {price} of {product}, which it never cost")
                continue
            late = begun - truth.replaced(price)
            if late > hops * self.bound:
                told = f"{what} {on} gave {client} a price that was replaced {late:.1f} s before"
                truth.violated("D14", told)
            place, when = self._own.get((client, product), (-1, math.inf))
            if watched and hops > 1:
                continue
            if when <= begun and truth.place(price) < place:
                told = f"{what} {on} gave {client} a price older than the one that it had put"
                truth.violated("D15", told)

    async def _get(self, asked: Asked) -> object:
        ask, process = asked.ask, asked.process
        (price,) = await self.read(process, "get", ask.on, TIMEOUT)
        # It may be stale, but not more so than the client's own last write.
        _, own = self._own.get((process.machine.name, ask.on), (-1, -math.inf))
        since = asked.begun - self.bound
        if own <= asked.begun:
            since = max(since, own)
        self._read(asked, price, since)
        return price

    async def _cart(self, asked: Asked) -> object:
        return await self.read(asked.process, "cart", asked.ask.on, TIMEOUT)

    async def _summary(self, asked: Asked) -> object:
        return await self.read(asked.process, "summary", "", TIMEOUT)

    async def _look(self, asked: Asked) -> object:
        price = await asked.process.prices(TIMEOUT).look(asked.ask.on)
        self._read(asked, price, asked.begun)
        return price

    def _read(self, asked: Asked, price: int, since: float) -> None:
        operation = Operation(asked.process.machine.name, False, price, since, self._now())
        self.history[asked.ask.on].append(operation)

    # -- commands --

    async def _put(self, asked: Asked) -> object:
        """A client's command, or with `put_there`, one on a host, which no network can hinder."""
        ask = asked.ask
        if ask.what == "put_there":
            return await self._put_there(asked)
        client = asked.process.machine.name
        ended = math.inf
        try:
            await asked.process.prices(TIMEOUT).put(ask.on, ask.number)
            ended = self._now()
            self.sure[ask.number] = True
        except OutcomeUnknown:
            raise
        except (RemoteUnavailable, Overloaded):
            self.sure[ask.number] = False
            raise
        finally:
            operation = Operation(client, True, ask.number, asked.begun, ended)
            self.history[ask.on].append(operation)
        if not self.world.truth.wrote(ask.number):
            self.world.truth.violated("D13", f"the command that writes {ask.number} did not run")
            return "lost"
        place = self.world.truth.place(ask.number)
        if place > self._own.get((client, ask.on), (-1, 0.0))[0]:
            self._own[client, ask.on] = place, ended
        if ask.number % 2:  # it looks at what it did
            await self.read(asked.process, "get", ask.on, TIMEOUT)
        return ask.number

    async def _put_there(self, asked: Asked) -> object:
        ask, hosts = asked.ask, self.world.serving("prices")
        if not hosts:
            return "there is no host"
        host = hosts[ask.number % len(hosts)]
        host.run(self._put_at(host, ask))
        return "begun"

    async def _put_at(self, host: Process, ask: Ask) -> None:
        operation = Operation(host.machine.name, True, ask.number, self._now())
        self.history[ask.on].append(operation)
        try:
            await host.services["prices"].put(ask.on, ask.number)
        except (ServiceDisposed, asyncio.CancelledError):
            return

    # -- the others --

    async def _echo(self, asked: Asked) -> object:
        text = f"{asked.ask.number}"
        echo = await asked.process.prices(TIMEOUT).echo(text)
        if echo != text:
            self.world.truth.violated("D29", f"the call of {text} was given {echo}")
        return echo

    async def _items(self, asked: Asked) -> object:
        count = asked.ask.number
        items: AsyncIterator[int] = asked.process.prices(TIMEOUT).items(1, count)
        expected = 1
        async for item in items:
            if item != expected:
                told = f"a stream gave item {item} where {expected} was next"
                self.world.truth.violated("D18", told)
            expected = item + 1
            if item % 20 == 0:
                await asyncio.sleep(0.005)
        if expected != count + 1:
            told = f"a stream of {count} items ended after {expected - 1} as if that were all"
            self.world.truth.violated("D18", told)
        return expected - 1

    async def _watch(self, asked: Asked) -> object:
        ask, process = asked.ask, asked.process
        what = ask.what.removeprefix("watch_")
        watch = Watch(process, what, ask.on)
        changes: AsyncIterator[Computed[Any]]
        match what:
            case "get":
                changes = process.prices(TIMEOUT).changes.get(ask.on)
            case "cart":
                changes = process.carts(TIMEOUT).changes.prices(ask.on)
            case _:
                changes = process.summaries(TIMEOUT).changes.prices()
        self.watches.append(watch)
        try:
            async for computed in changes:
                watch.latest = computed
                self.world.log.say(process.name, f"watches {what} {ask.on}: {_told(computed)}")
                if computed.is_consistent and computed.error is None:
                    self.check(process, what, ask.on, _shown(watch), self._now(), watched=True)
        finally:
            self.watches.remove(watch)
        return "over"

    def shows(self, watch: Watch) -> bool:
        """Whether a watch shows what is true, and knows it."""
        latest = watch.latest
        if latest is None or not latest.is_consistent or latest.error is not None:
            return False
        return bool(_shown(watch) == self.world.truth.prices(products_of(watch.what, watch.on)))


def _shown(watch: Watch) -> tuple[int, ...]:
    """The prices that a watch shows."""
    assert watch.latest is not None
    value: Any = watch.latest.value
    return (value,) if watch.what == "get" else value


def _told(computed: Computed[Any]) -> str:
    """As its `repr`, without the number that counts all of this process."""
    value = computed.error if computed.error is not None else computed.value
    return f"{value!r}, {repr(computed).rpartition(' ')[2].rstrip('>')}"


def products_of(what: str, on: str) -> tuple[str, ...]:
    """Whose prices a read gives."""
    return (on,) if what == "get" else CARTS[on] if what == "cart" else ALL
