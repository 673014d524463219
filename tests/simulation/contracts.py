"""What the simulated processes serve: prices, carts made from them, a summary made from carts.

A price is a number that names the write it came from, and a sum would hide which one that was: so
carts and summaries are the prices themselves, in the order of their products.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from fusionrt import command, compute, service


@service
class Prices(Protocol):
    """One number for each product; every number is written once."""

    @compute
    async def get(self, product: str) -> int:
        """The price."""
        ...

    @command(invalidates=["get(product)"])
    async def put(self, product: str, price: int) -> int:
        """Change it."""
        ...

    async def look(self, product: str) -> int:
        """The price, past every cache."""
        ...

    async def echo(self, text: str) -> str:
        """The same text."""
        ...

    def items(self, number: int, count: int) -> AsyncIterator[int]:
        """So many numbers, from this one on."""
        ...


@service
class Carts(Protocol):
    """A cart has two products."""

    @compute
    async def prices(self, cart: str) -> tuple[int, ...]:  # fusiongen: ignore[FG062]
        """What its products cost."""
        ...


@service
class Summaries(Protocol):
    """All carts at a look."""

    @compute
    async def prices(self) -> tuple[int, ...]:  # fusiongen: ignore[FG062]
        """What everything in all carts costs."""
        ...
