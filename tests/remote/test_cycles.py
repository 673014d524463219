"""Compute calls over several hosts that wait for each other raise, and others do not (D24)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypeAlias

import pytest

from fusionrt import CycleError, Host
from fusionrt.primitives import now
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork
from tests.chain.generated.baskets import BasketsClient
from tests.chain.generated.prices import PricesClient
from tests.chain.generated.summaries import SummariesClient
from tests.chain.services import BasketsOver, Nodes, PricesFrom, Ring, SummariesOver

SOON = 4.0
"""Seconds in which a cycle is told; the calls have ten."""
Reads: TypeAlias = Mapping[str, Mapping[str, tuple[str, ...]]]

CALM = Faults(delay=(0.0, 0.01))
EVEN = Faults(delay=(0.005, 0.005))


class SlowRing(Ring):
    """Its leaves take a second."""

    async def value(self, name: str) -> int:
        if name not in self.reads:
            await asyncio.sleep(1.0)
        return await super().value(name)


class CatchingRing(Ring):
    """It makes do with what it gets."""

    async def value(self, name: str) -> int:
        try:
            return await super().value(name)
        except CycleError:
            return 100


@dataclass
class Rings:
    """The nodes of each service on a host of its own, or all on one; and clients of a caller."""

    prices: Nodes
    baskets: Nodes
    summaries: Nodes
    rings: dict[str, Ring]
    services: tuple[PricesFrom, BasketsOver, SummariesOver]


@asynccontextmanager
async def rings(
    reads: Reads,
    *,
    one_host: bool = False,
    cls: Callable[[Mapping[str, tuple[str, ...]]], Ring] = Ring,
    faults: Faults = CALM,
) -> AsyncIterator[Rings]:
    """reads: of each service, what each of its nodes reads."""
    network = MemoryNetwork(1, faults)
    async with AsyncExitStack() as stack:
        hosts = {}
        for name in ("calling", "prices", "baskets", "summaries"):
            host = Host(transport=network.connect(name))
            hosts[name] = await stack.enter_async_context(host)
        all_rings = {}
        for name in ("prices", "baskets", "summaries"):
            host = hosts["prices" if one_host else name]
            ring = all_rings[name] = cls(reads.get(name, {}))
            ring.others["prices"] = host.client(PricesClient)
            ring.others["baskets"] = host.client(BasketsClient)
            ring.others["summaries"] = host.client(SummariesClient)
        home = hosts["prices"]
        prices = PricesFrom(ring=all_rings["prices"])
        await home.serve(prices)
        at = home if one_host else hosts["baskets"]
        baskets = BasketsOver(at.client(PricesClient), all_rings["baskets"])
        await at.serve(baskets)
        at = home if one_host else hosts["summaries"]
        summaries = SummariesOver(at.client(BasketsClient), all_rings["summaries"])
        await at.serve(summaries)
        calling = hosts["calling"]
        yield Rings(
            calling.client(PricesClient),
            calling.client(BasketsClient),
            calling.client(SummariesClient),
            all_rings,
            (prices, baskets, summaries),
        )


async def raises_soon(*calls: Awaitable[int]) -> None:
    """Every call raises a `CycleError`, and none waits for its whole timeout."""
    begun = now()
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [CycleError] * len(calls)
    assert now() - begun < SOON


TWO: Reads = {"prices": {"a": ("baskets.b",)}, "baskets": {"b": ("prices.a",)}}
THREE: Reads = {
    "prices": {"a": ("baskets.b",)},
    "baskets": {"b": ("summaries.c",)},
    "summaries": {"c": ("prices.a",)},
}
TWICE: Reads = {
    "prices": {"a": ("baskets.b",), "d": ("baskets.e",)},
    "baskets": {"b": ("prices.d",), "e": ("prices.a",)},
}


@pytest.mark.parametrize("one_host", [False, True], ids=["hosts", "one host"])
@pytest.mark.parametrize("reads", [TWO, THREE, TWICE], ids=["two", "three", "twice"])
def test_D24_a_cycle_raises_in_bounded_time_and_is_not_cached(reads: Reads, one_host: bool) -> None:
    """Over two hosts, three, twice through both, and through clients of the services' own host."""

    async def main() -> None:
        async with rings(reads, one_host=one_host) as r:
            await raises_soon(r.prices.node("a"))
            for service in r.services:
                for name in "abcde":
                    assert service.peek.node(name) is None
            await raises_soon(r.baskets.node("b"))

    run(main(), seed=1)


@pytest.mark.parametrize("reads", [TWO, THREE, TWICE], ids=["two", "three", "twice"])
def test_D24_every_participant_raises_wherever_it_was_entered(
    reads: Reads,
) -> None:
    """Flows that enter the circle at each of its nodes at once close it together; all raise."""

    async def main() -> None:
        async with rings(reads) as r:
            clients = {"prices": r.prices, "baskets": r.baskets, "summaries": r.summaries}
            calls = [clients[service].node(name) for service in reads for name in reads[service]]
            await raises_soon(*calls)

    run(main(), seed=1)


@pytest.mark.parametrize("reads", [TWO, THREE, TWICE], ids=["two", "three", "twice"])
@pytest.mark.parametrize("seconds", [0.001, 0.03, 0.3])
def test_D24_a_cycle_that_nobody_waits_for_any_more_comes_to_its_end(
    reads: Reads, seconds: float
) -> None:
    """Whoever asked left before it was told, and no cancellation comes round faster than calls."""

    async def main() -> None:
        async with rings(reads, faults=EVEN) as r:
            await r.prices.node("leaf")  # there are sessions
            for ring in r.rings.values():
                for others in ring.others.values():
                    await others.node("leaf")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(seconds):
                    await r.prices.node("a")
            await asyncio.sleep(SOON)
            ran = [len(ring.ran) for ring in r.rings.values()]
            await asyncio.sleep(20.0)
            assert [len(ring.ran) for ring in r.rings.values()] == ran
            await raises_soon(r.prices.node("a"))

    run(main(), seed=1)


def test_D24_a_body_that_catches_it_is_not_cached_either() -> None:
    """What it makes of the error belongs to whoever asked, for there is no telling who is first."""

    async def main() -> None:
        async with rings(THREE, cls=CatchingRing) as r:
            assert await r.prices.node("a") > 0
            assert all(service.peek.node(name) is None for service in r.services for name in "abc")

    run(main(), seed=1)


def test_D24_flows_in_opposite_directions_are_no_cycle() -> None:
    """Hosts that wait for each other, each for another result: slow, but all are served."""
    reads: Reads = {
        "prices": {"a": ("baskets.leaf",), "c": ("baskets.d",)},
        "baskets": {"b": ("prices.leaf",), "d": ("prices.e",)},
    }

    async def main() -> None:
        async with rings(reads, cls=SlowRing) as r:
            calls = (r.prices.node("a"), r.baskets.node("b"), r.prices.node("c"))
            assert list(await asyncio.gather(*calls)) == [2, 2, 3]

    run(main(), seed=1)


def test_D24_many_that_wait_for_the_same_are_no_cycle() -> None:
    """Diamonds over hosts, slower than what is looked for: every way down ends."""
    reads: Reads = {
        "summaries": {"top": ("baskets.l", "baskets.r", "prices.m")},
        "baskets": {"l": ("prices.m",), "r": ("prices.m", "summaries.leaf")},
        "prices": {"m": ("summaries.leaf", "baskets.leaf")},
    }

    async def main() -> None:
        async with rings(reads, cls=SlowRing) as r:
            calls = (r.summaries.node("top"), r.baskets.node("r"))
            assert list(await asyncio.gather(*calls)) == [13, 5]

    run(main(), seed=1)


def test_D24_a_cycle_that_a_change_breaks_is_gone() -> None:
    """Nothing of it stays: once one of the nodes reads something else, all have values."""

    async def main() -> None:
        async with rings(THREE) as r:
            await raises_soon(r.prices.node("a"))
            r.rings["summaries"].reads = {}
            assert await r.prices.node("a") == 3

    run(main(), seed=1)
