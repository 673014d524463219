"""Clients that block, of every kind of method but those with a stream beside something else."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Protocol

from fusionrt import Principal, command, compute, oneway, service
from typing_extensions import deprecated


@service()
class Accounts(Protocol):
    """What everybody has."""

    @compute
    async def balance(self, owner: str, /, *, currency: str = "EUR") -> Decimal:
        """What an owner has."""
        ...

    @compute
    async def mine(self, asker: Principal) -> Decimal: ...

    @command(invalidates=["balance(owner, currency=ANY)", "mine(ANY)"])
    async def pay(self, owner: str, amount: Decimal) -> None: ...

    @deprecated("use balance")
    async def old_rate(self, client: str, wait: str = "") -> float: ...

    async def rate(self, client: str) -> float: ...

    @oneway
    async def looked_at(self, owner: str) -> None: ...

    def payments(self, owner: str) -> AsyncIterator[tuple[str, Decimal]]:
        """As they come."""
        ...

    async def import_all(self, payments: AsyncIterator[Decimal]) -> int: ...
