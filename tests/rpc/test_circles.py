"""Hosts that read from each other in a circle, or from themselves, reflect a command, too (D15)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from fusionrt import Host
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork
from tests.chain.generated.baskets import BasketsClient
from tests.chain.generated.prices import PricesClient
from tests.chain.generated.summaries import SummariesClient
from tests.chain.services import BasketsOver, Nodes, PricesFrom, Ring, SummariesOver
from tests.rpc.patience import patiently
from tests.sizes import size

SEEDS = size(2, 60)
SLOW = Faults(delay=(0.0, 0.05))
PUTS = 8

HOSTS: Mapping[str, Mapping[str, str]] = {
    "its own client": {"prices": "far", "baskets": "here", "summaries": "here"},
    "two of each other": {"prices": "a", "baskets": "b", "summaries": "a"},
    "three of each other": {"prices": "a", "baskets": "b", "summaries": "c"},
    "alone": {"prices": "here", "baskets": "here", "summaries": "here"},
}
"""Which host serves what."""
CHAINS: Mapping[str, tuple[str, ...]] = {
    "one after the other": ("baskets", "summaries"),
    "in turn": ("baskets", "summaries") * 4,
    "round and round": ("prices", "baskets", "summaries", "prices", "baskets"),
    "of one service": ("baskets",) * 6,
}
"""The services of nodes; each is made from the one before, the first from a price."""


@dataclass(eq=False)
class Chained(Ring):
    """A node reads that before it, wherever that is."""

    chain: tuple[str, ...] = ()
    prices: list[PricesClient] = field(default_factory=list)

    async def value(self, name: str) -> int:
        id, before = name[0], int(name[1:]) - 1
        if not before:
            return await self.prices[0].get(id)
        return await self.others[self.chain[before - 1]].node(f"{id}{before}")


@dataclass
class Circle:
    """A client of all, the top of a chain, and what it has to be."""

    network: MemoryNetwork
    prices: PricesClient
    top: Nodes
    length: int

    async def read(self, id: str = "a") -> int:
        """A strict read of the top, which is as high as a price."""
        return await self.top.node(f"{id}{self.length}")

    async def put(self, id: str, price: int) -> None:
        """Change a price."""
        await self.prices.put(id, price)


@asynccontextmanager
async def circle(
    seed: int, where: Mapping[str, str], chain: tuple[str, ...], faults: Faults = SLOW
) -> AsyncIterator[Circle]:
    """The services on these hosts; beside them another host of the prices, with the same truth."""
    network = MemoryNetwork(seed, faults)
    truth = dict.fromkeys("abc", 1)
    async with AsyncExitStack() as stack:
        hosts = {}
        for name in ("calling", "beside", *sorted(set(where.values()))):
            host = Host(transport=network.connect(name))
            hosts[name] = await stack.enter_async_context(host)

        def ring(name: str) -> Chained:
            host = hosts[name]
            return Chained(
                chain=chain,
                prices=[host.client(PricesClient).with_options(timeout=60.0)],
                others={
                    "prices": host.client(PricesClient).with_options(timeout=60.0),
                    "baskets": host.client(BasketsClient).with_options(timeout=60.0),
                    "summaries": host.client(SummariesClient).with_options(timeout=60.0),
                },
            )

        for name in ("beside", where["prices"]):
            await hosts[name].serve(PricesFrom(truth, ring=ring(name)))
        home = hosts[where["baskets"]]
        baskets = BasketsOver(home.client(PricesClient), ring(where["baskets"]))
        await home.serve(baskets)
        home = hosts[where["summaries"]]
        await home.serve(SummariesOver(home.client(BasketsClient), ring(where["summaries"])))
        calling = hosts["calling"]
        tops: dict[str, Nodes] = {
            "prices": calling.client(PricesClient).with_options(timeout=60.0),
            "baskets": calling.client(BasketsClient).with_options(timeout=60.0),
            "summaries": calling.client(SummariesClient).with_options(timeout=60.0),
        }
        top = tops[chain[-1]]
        yield Circle(
            network, calling.client(PricesClient).with_options(timeout=60.0), top, len(chain)
        )


def over_seeds(once: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    """Run it on many networks; a failure names its seed."""
    for seed in range(SEEDS):
        try:
            run(once(seed), seed=seed)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise


ways = pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS.keys())
places = pytest.mark.parametrize("where", HOSTS.values(), ids=HOSTS.keys())


@ways
@places
@pytest.mark.search
def test_D15_a_chain_through_a_circle_of_hosts_reflects_a_command(
    where: Mapping[str, str], chain: tuple[str, ...]
) -> None:
    """Whatever way round it goes, and however often: the next read of its end is fresh."""

    async def once(seed: int) -> None:
        async with circle(seed, where, chain) as each:
            for price in range(2, 2 + PUTS):
                await each.put("a", price)
                assert await each.read() == price

    over_seeds(once)


@ways
@places
@pytest.mark.search
def test_D15_and_so_it_does_while_others_write_and_read(
    where: Mapping[str, str], chain: tuple[str, ...]
) -> None:
    """What runs when the command returns may read anything, and is waited for by nobody."""

    async def once(seed: int) -> None:
        chance = random.Random(seed)

        async def flow(each: Circle, id: str) -> None:
            for price in range(2, 2 + PUTS):
                before = asyncio.ensure_future(each.read(chance.choice("abc")))
                await asyncio.sleep(chance.random() * 0.3)
                await each.put(id, price)
                assert await each.read(id) == price
                await before

        async with circle(seed, where, chain) as each:
            await asyncio.gather(*(flow(each, id) for id in "abc"))

    over_seeds(once)


@places
@pytest.mark.search
def test_D15_circles_of_hosts_recover_from_a_network_that_loses_messages(
    where: Mapping[str, str],
) -> None:
    """Whatever is lost of a fence on its way round is said again."""

    async def once(seed: int) -> None:
        faults = Faults(delay=(0.0, 0.05), drop=0.03, duplicate=0.03)
        async with circle(seed, where, CHAINS["in turn"]) as each:
            await each.read()
            each.network.faults = faults
            for price in range(2, 2 + PUTS):
                await patiently(partial(each.put, "a", price))
                assert await patiently(each.read) == price

    over_seeds(once)
