"""The contract: numbers, and sums that are made of each other."""

from typing import Protocol

from fusionrt import command, compute, service


@service
class Harvest(Protocol):
    """Baskets of fruit, by orchard."""

    @compute
    async def orchards(self) -> tuple[str, ...]:
        """Their names: the rows."""
        ...

    @compute
    async def fruits(self) -> tuple[str, ...]:
        """Their names: the columns."""
        ...

    @compute
    async def baskets(self, orchard: str, fruit: str) -> int:
        """One cell."""
        ...

    @compute
    async def of_orchard(self, orchard: str) -> int:
        """The sum of a row."""
        ...

    @compute
    async def of_fruit(self, fruit: str) -> int:
        """The sum of a column."""
        ...

    @compute
    async def total(self) -> int:
        """The sum of the rows' sums."""
        ...

    @command(invalidates=["baskets(orchard, fruit)"])
    async def pick(self, orchard: str, fruit: str, more: int = 1) -> None:
        """So many baskets more."""
        ...
