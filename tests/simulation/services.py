"""The bodies of the simulated services."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .contracts import Carts, Prices
from .generated.carts import CartsService
from .generated.prices import PricesService
from .generated.summaries import SummariesService
from .scenario import CARTS
from .truth import Truth
from .universe import Machine

__all__ = ["CartsHere", "PricesHere", "SummariesHere"]


@dataclass(eq=False)
class PricesHere(PricesService):
    """Over the truth. Bodies wait before and after what they are about, some not at all."""

    truth: Truth
    machine: Machine

    async def get(self, product: str) -> int:
        with self._counted("get"):
            await self._pause()
            price = self.truth.price(product)
            await self._pause()
            return price

    async def put(self, product: str, price: int) -> int:
        with self._counted("put"):
            await self._pause(0.25)
            if self.machine.off:
                return price
            self.truth.write(product, price, self.machine.name)
            try:
                await self._pause(0.25)
            finally:
                if not self.machine.off:
                    self.truth.ended(price)
            return price

    async def look(self, product: str) -> int:
        with self._counted("look"):
            await self._pause()
            return self.truth.price(product)

    async def echo(self, text: str) -> str:
        with self._counted("echo"):
            await self._pause()
            return text

    async def items(self, number: int, count: int) -> AsyncIterator[int]:
        with self._counted("items"):
            for item in range(number, number + count):
                if item % 7 == 0:
                    await self._pause()
                yield item

    async def _pause(self, longest: float = 0.03) -> None:
        """Seconds."""
        source = self.machine.fusion_random
        if source.random() < 0.5:
            await asyncio.sleep(source.choice((0.0, 0.002, longest)))

    @contextmanager
    def _counted(self, name: str) -> Iterator[None]:
        running = self.truth.running
        running[name] = running.get(name, 0) + 1
        try:
            yield
        finally:
            running[name] -= 1


@dataclass(eq=False)
class CartsHere(CartsService):
    """Made from prices, which may be far away."""

    source: Prices

    async def prices(self, cart: str) -> tuple[int, ...]:
        return tuple([await self.source.get(product) for product in CARTS[cart]])


@dataclass(eq=False)
class SummariesHere(SummariesService):
    """Made from carts."""

    source: Carts

    async def prices(self) -> tuple[int, ...]:
        prices = [await self.source.prices(cart) for cart in CARTS]
        return tuple(price for each in prices for price in each)
