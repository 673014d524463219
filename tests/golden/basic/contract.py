"""The example of the design: every kind of method, invalidation with a guard and with a loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from fusionrt import ANY, command, compute, service


class OutOfStock(Exception):
    """Raised when there is not enough of a product."""


@dataclass(frozen=True)
class Cart:
    id: str
    owner: str | None


@dataclass(frozen=True)
class Event:
    number: int


@service(raises=[OutOfStock])
class Carts(Protocol):
    """Shopping carts."""

    @compute
    async def get(self, id: str) -> Cart | None:
        """The cart, if there is one."""
        ...

    @compute(min_cache=60.0)
    async def total(self, id: str) -> Decimal: ...

    @compute
    async def ids(self, owner: str, limit: int = 20) -> tuple[str, ...]: ...

    @command(invalidates=["get(cart.id)", "ids(result.owner, ANY)"])
    async def put(self, cart: Cart) -> Cart: ...

    @command(invalidates=["get(c.id) for c in carts"])
    async def put_all(self, carts: tuple[Cart, ...]) -> None: ...

    async def ping(self) -> str: ...

    def events(self, since: int = 0) -> AsyncIterator[Event]: ...


__all__ = ["ANY", "Cart", "Carts", "Event", "OutOfStock"]
