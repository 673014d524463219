"""The interfaces of the shop: all that `fusiongen generate` reads."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from fusionrt import command, compute, service


@dataclass(frozen=True)
class Product:
    """Something to buy, and what one of it costs."""

    id: str
    price: Decimal


@dataclass(frozen=True)
class Item:
    """So many of one product."""

    product: str
    quantity: int


@dataclass(frozen=True)
class Cart:
    """What somebody is about to buy."""

    id: str
    items: tuple[Item, ...]


class UnknownProduct(Exception):
    """Raised when there is no such product."""


@service(raises=[UnknownProduct])
class Products(Protocol):
    """What is for sale."""

    @compute
    async def get(self, id: str) -> Product | None:
        """The product, if there is one."""
        ...

    @command(invalidates=["get(product.id)"])
    async def put(self, product: Product) -> None:
        """Add a product, or replace it."""
        ...

    @command(invalidates=["get(id)"])
    async def set_price(self, id: str, price: Decimal) -> Product:
        """Change what a product costs."""
        ...


@service
class Carts(Protocol):
    """What everybody is about to buy."""

    @compute
    async def get(self, id: str) -> Cart | None:
        """The cart, if there is one."""
        ...

    @compute
    async def total(self, id: str) -> Decimal:
        """What the cart costs at today's prices."""
        ...

    @command(invalidates=["get(cart.id)"])
    async def put(self, cart: Cart) -> None:
        """Add a cart, or replace it."""
        ...
