"""What the processes of the campaign serve: accounts that only grow, so that a stale read shows."""

from typing import Protocol

from fusionrt import command, compute, service


class Refusal(Exception):
    """Of a command that is to fail."""


@service(raises=[Refusal])
class Ledger(Protocol):
    """Every change of an account is written down beside it, with the operation that made it."""

    @compute
    async def get(self, account: str) -> int:
        """What is in the account."""
        ...

    @command(invalidates=["get(account)"])
    async def add(self, account: str, amount: int) -> int:
        """What is in it then."""
        ...

    @command(invalidates=[])  # fusiongen: ignore[FG061]
    async def both(self, one: str, other: str) -> tuple[int, int]:
        """Add 1 to both, by commands that are a part of this one; what is in them then."""
        ...

    @command(invalidates=["get(account)"])
    async def refuse(self, account: str) -> int:
        """Add 1, and fail."""
        ...


@service
class Totals(Protocol):
    """Made from the ledger of the same process; a client may read it from another one than that
    which runs its commands.
    """

    @compute
    async def total(self) -> int:  # fusiongen: ignore[FG062]
        """What is in all accounts."""
        ...
