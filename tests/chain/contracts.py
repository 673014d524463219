"""Three services in a row: prices → baskets → summaries; and nodes, which may go in circles."""

from collections.abc import AsyncIterator
from typing import Protocol

from fusionrt import command, compute, service


@service
class Prices(Protocol):
    """What things cost."""

    @compute
    async def get(self, id: str) -> int: ...

    @compute
    async def sum(self) -> int: ...

    @compute
    async def node(self, name: str) -> int: ...  # fusiongen: ignore[FG062]

    @command(invalidates=["get(id)"])
    async def put(self, id: str, price: int) -> int: ...

    @command(invalidates=["get(id)"])
    async def fail_after_put(self, id: str, price: int) -> None: ...

    async def put_plainly(self, id: str, price: int) -> None: ...


@service
class Baskets(Protocol):
    """What somebody takes."""

    @compute
    async def total(self, id: str) -> int: ...  # fusiongen: ignore[FG062]

    @compute
    async def node(self, name: str) -> int: ...  # fusiongen: ignore[FG062]

    @command(invalidates=[])  # fusiongen: ignore[FG061]
    async def reprice(self, id: str, price: int) -> int: ...

    async def reprice_plainly(self, id: str, price: int) -> None: ...

    async def total_plainly(self, id: str) -> int: ...

    def totals(self, id: str) -> AsyncIterator[int]: ...


@service
class Summaries(Protocol):
    """What that means."""

    @compute
    async def of(self, id: str) -> int: ...  # fusiongen: ignore[FG062]

    @compute
    async def node(self, name: str) -> int: ...  # fusiongen: ignore[FG062]
