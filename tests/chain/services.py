"""The bodies: prices in a dict, or in files that instances share; nodes read others by name."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from tests.chain.generated.baskets import BasketsService
from tests.chain.generated.prices import PricesClient, PricesService
from tests.chain.generated.summaries import SummariesService

__all__ = ["BasketsOver", "Nodes", "PricesFrom", "SummariesOver"]


class Nodes(Protocol):
    """Something with nodes."""

    async def node(self, name: str) -> int: ...


@dataclass(eq=False)
class Ring:
    """The nodes of a service. reads: what each reads, `service.name`; a leaf reads nothing."""

    reads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    others: dict[str, Nodes] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)

    async def value(self, name: str) -> int:
        """One more than all that it reads."""
        self.ran.append(name)
        total = 1
        for each in self.reads.get(name, ()):
            service, _, other = each.partition(".")
            total += await self.others[service].node(other)
        return total


@dataclass(eq=False)
class PricesFrom(PricesService):
    """path: of a folder with a file for each price, which instances share; else `prices` is."""

    prices: dict[str, int] = field(default_factory=dict)
    path: Path | None = None
    ring: Ring = field(default_factory=Ring)
    ran: list[str] = field(default_factory=list)

    async def get(self, id: str) -> int:
        self.ran.append(id)
        if self.path is None:
            return self.prices.get(id, 0)
        file = self.path / id
        return int(file.read_text()) if file.exists() else 0

    async def sum(self) -> int:
        return await self.get("a") + await self.get("b")

    async def node(self, name: str) -> int:
        return await self.ring.value(name)

    async def put(self, id: str, price: int) -> int:
        self._put(id, price)
        return price

    async def fail_after_put(self, id: str, price: int) -> None:
        self._put(id, price)
        raise ValueError("but it is written")

    async def put_plainly(self, id: str, price: int) -> None:
        await self.put(id, price)

    def _put(self, id: str, price: int) -> None:
        if self.path is None:
            self.prices[id] = price
            return
        new = self.path / f"{id}.{os.getpid()}"
        new.write_text(str(price))
        new.replace(self.path / id)


@dataclass(eq=False)
class BasketsOver(BasketsService):
    """One of each of two things."""

    prices: PricesClient
    ring: Ring = field(default_factory=Ring)

    async def total(self, id: str) -> int:
        return await self.prices.get(id) + await self.prices.sum()

    async def node(self, name: str) -> int:
        return await self.ring.value(name)

    async def reprice(self, id: str, price: int) -> int:
        return await self.prices.put(id, price)

    async def reprice_plainly(self, id: str, price: int) -> None:
        await self.prices.put(id, price)

    async def total_plainly(self, id: str) -> int:
        return await self.total(id)

    async def totals(self, id: str) -> AsyncIterator[int]:
        yield await self.total(id)


class Totals(Protocol):
    """Baskets, here or elsewhere."""

    async def total(self, id: str) -> int: ...


@dataclass(eq=False)
class SummariesOver(SummariesService):
    """Ten times a total."""

    baskets: Totals
    ring: Ring = field(default_factory=Ring)

    async def of(self, id: str) -> int:
        return 10 * await self.baskets.total(id)

    async def node(self, name: str) -> int:
        return await self.ring.value(name)
