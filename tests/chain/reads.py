"""Reads of what was just written, over real processes: how many are stale, and what it costs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from fusionrt import Host
from tests.chain.app import FOLDER
from tests.chain.generated.baskets import BasketsClient
from tests.chain.generated.prices import PricesClient
from tests.chain.generated.summaries import SummariesClient
from tests.e2e.processes import ServiceProcess

__all__ = ["Counted", "Shop", "shop"]

APPS = ("prices", "prices", "baskets", "summaries")


@dataclass
class Counted:
    """Strict reads after commands, and how many did not reflect them."""

    reads: int = 0
    stale: int = 0


@dataclass
class Shop:
    """A caller of services in four processes, two of them for prices."""

    host: Host

    async def writes_and_reads(self, id: str, rounds: int, counted: Counted) -> None:
        """Change the price, then read it, what is made from it, and what is made from that.

        Only this flow changes it: so what a read may be is known.
        """
        prices = self.host.client(PricesClient)
        baskets = self.host.client(BasketsClient)
        summaries = self.host.client(SummariesClient)
        rest = await prices.sum()
        for price in range(1, rounds + 1):
            await prices.put(id, price)
            summary, total, own = await asyncio.gather(
                summaries.of(id), baskets.total(id), prices.get(id)
            )
            counted.reads += 3
            counted.stale += summary != 10 * (price + rest)
            counted.stale += total != price + rest
            counted.stale += own != price

    async def seconds_of_commands(
        self, id: str, rounds: int, held: int, *, and_a_read: bool = False
    ) -> float:
        """How long a command takes while so many summaries are held, in seconds; the median.

        and_a_read: and after it the read of a summary of another thing.
        """
        prices, summaries = self.host.client(PricesClient), self.host.client(SummariesClient)
        await asyncio.gather(*(summaries.of(f"held{index}") for index in range(held)))
        taken = []
        for price in range(rounds):
            begun = perf_counter()
            await prices.put(id, price)
            if and_a_read:
                await summaries.of("held0")
            taken.append(perf_counter() - begun)
        return sorted(taken)[rounds // 2]


@asynccontextmanager
async def shop(url: str, folder: Path) -> AsyncIterator[Shop]:
    """All of it over one broker."""
    os.environ[FOLDER] = str(folder)
    async with AsyncExitStack() as stack:
        for app in APPS:
            await stack.enter_async_context(ServiceProcess(f"tests.chain.app:{app}", url))
        yield Shop(await stack.enter_async_context(Host(url)))
