import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

from fusionrt import Host, Principal
from fusionrt.transport.memory import MemoryNetwork

from .expected.accounts import AccountsClient, AccountsService
from .expected.accounts.blocking import AccountsBlocking


class Accounts(AccountsService):
    def __init__(self) -> None:
        self.paid: list[tuple[str, Decimal]] = []
        self.looks = 0

    async def balance(self, owner: str, /, *, currency: str = "EUR") -> Decimal:
        return sum((amount for name, amount in self.paid if name == owner), Decimal())

    async def mine(self, asker: Principal) -> Decimal:
        return await self.balance(asker.name)

    async def pay(self, owner: str, amount: Decimal) -> None:
        if amount <= 0:
            raise ValueError("nothing to pay")
        self.paid.append((owner, amount))

    async def old_rate(self, client: str, wait: str = "") -> float:
        return len(client + wait)

    async def rate(self, client: str) -> float:
        return len(client)

    async def looked_at(self, owner: str) -> None:
        self.looks += 1

    async def payments(self, owner: str) -> AsyncIterator[tuple[str, Decimal]]:
        for each in self.paid:
            yield each

    async def import_all(self, payments: AsyncIterator[Decimal]) -> int:
        return len([each async for each in payments])


def use(accounts: AccountsBlocking) -> None:
    assert accounts.balance("ann") == accounts.mine() == 0
    accounts.pay("ann", Decimal("9.50"))
    assert accounts.balance("ann", currency="EUR") == Decimal("9.50")
    assert list(accounts.payments("ann")) == [("ann", Decimal("9.50"))]
    accounts.looked_at("ann")
    assert accounts.with_options(timeout=2.0).mine() == 0


async def main() -> None:
    network = MemoryNetwork()
    async with (
        Host(transport=network.connect("host")) as host,
        Host(transport=network.connect("client")) as caller,
    ):
        await host.serve(Accounts())
        await asyncio.to_thread(use, caller.blocking(AccountsClient))
