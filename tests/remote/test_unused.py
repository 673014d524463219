"""Replicas that nobody used are let go, on both ends (D25)."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from fusionrt import Computed, Host
from fusionrt.abi import Compute
from fusionrt.contract import ComputeOptions
from fusionrt.testing import run
from fusionrt.transport.memory import MemoryNetwork
from tests.chain.generated.baskets import BasketsClient
from tests.chain.generated.prices import PricesClient
from tests.chain.services import BasketsOver, PricesFrom, SummariesOver
from tests.lab import CONTRACT, LabClient, TinyLab
from tests.sizes import size

UNUSED = 60.0
SURE = 1.6 * UNUSED
"""By then it is let go; with what was made from it, that takes a look more."""
SCANNED = size(5_000, 100_000)


@dataclass
class World:
    """Prices and baskets on a host each, and a caller."""

    selling: Host
    packing: Host
    calling: Host
    prices: PricesClient
    baskets: BasketsClient

    def held(self) -> tuple[int, int]:
        """Prices that are held for the caller: on its end, and on the host's."""
        mine = self.calling.statistics().caller.peers["prices"].held
        cid = self.calling.statistics().caller.cid
        sessions = self.selling.statistics().services["prices"].sessions
        return mine, sum(session.held for session in sessions if session.client == cid)

    def bought(self) -> int:
        """Prices that are held for the host of baskets."""
        return self.packing.statistics().caller.peers["prices"].held


@asynccontextmanager
async def world(unused_after: float = UNUSED) -> AsyncIterator[World]:
    """All of them, over a network in memory."""
    network = MemoryNetwork(1)
    async with (
        Host(transport=network.connect("selling")) as selling,
        Host(transport=network.connect("packing")) as packing,
        Host(transport=network.connect("calling"), unused_after=unused_after) as calling,
    ):
        await selling.serve(PricesFrom())
        await packing.serve(BasketsOver(packing.client(PricesClient)))
        prices, baskets = calling.client(PricesClient), calling.client(BasketsClient)
        yield World(selling, packing, calling, prices, baskets)


async def collected(seconds: float) -> None:
    """Let time go by, and what nobody holds be collected."""
    await asyncio.sleep(seconds)
    gc.collect()
    await asyncio.sleep(1.0)


@pytest.mark.search
def test_D25_a_scan_does_not_stay_registered() -> None:
    """Many keys are read once: after a minute or so neither end has any of them."""

    async def main() -> None:
        async with world() as w:
            for start in range(0, SCANNED, 500):
                await asyncio.gather(*(w.prices.get(str(n)) for n in range(start, start + 500)))
            assert w.held() == (SCANNED, SCANNED)
            await asyncio.sleep(UNUSED - 2.0)
            assert w.held() == (SCANNED, SCANNED)
            await collected(SURE - UNUSED + 2.0)
            assert w.held() == (0, 0)
            assert w.calling.graph.statistics().kept == 0

    run(main(), seed=1)


def test_D25_what_is_used_stays() -> None:
    """By hits of the hot path, by other reads, and by what was made from it here."""

    async def main() -> None:
        async with world() as w:
            summaries = SummariesOver(w.baskets)
            await w.calling.serve(summaries)
            await w.prices.get("unused")
            for _ in range(20):
                await w.prices.get("hot")
                assert (await w.prices.computed.get("looked at")).value == 0
                await summaries.of("local")
                await asyncio.sleep(UNUSED / 4)
            gc.collect()
            await asyncio.sleep(1.0)
            assert w.held() == (2, 2)
            assert w.prices.peek.get("hot") is not None
            assert w.baskets.peek.total("local") is not None
            assert w.bought() == 2  # the price, and the sum

    run(main(), seed=1)


def test_D25_what_was_made_from_it_goes_with_it() -> None:
    """A scan of what is made from replicas here lets go of both, on every host."""

    async def main() -> None:
        async with world() as w:
            summaries = SummariesOver(w.baskets)
            await w.calling.serve(summaries)
            await asyncio.gather(*(summaries.of(str(n)) for n in range(100)))
            assert w.calling.statistics().caller.peers["baskets"].held == 100
            assert w.bought() == 100 + 1
            await collected(SURE)
            assert w.calling.statistics().caller.peers["baskets"].held == 0
            await collected(2 * SURE)
            assert w.bought() == 0

    run(main(), seed=1)


def test_D25_what_is_watched_or_held_stays() -> None:
    """A loop over `changes` hears of a change long after; so does who holds a result."""

    async def main() -> None:
        async with world() as w:
            seen: list[int] = []
            told: list[Computed[int]] = []

            async def watch() -> None:
                async for computed in w.prices.changes.get("watched"):
                    seen.append(computed.value)  # noqa: PERF401 - it never ends

            watching = asyncio.create_task(watch())
            held = await w.prices.computed.get("held")
            (await w.prices.computed.get("handled")).on_invalidated(told.append)
            await collected(5 * UNUSED)
            assert w.held() == (3, 3)
            for each in ("watched", "held", "handled"):
                await w.prices.put(each, 7)
            await asyncio.sleep(1.0)
            assert seen == [0, 7]
            assert not held.is_consistent
            assert len(told) == 1
            watching.cancel()

    run(main(), seed=1)


def test_D25_the_time_is_an_option() -> None:
    """Seconds of `Host`; what was let go is simply asked for again."""

    async def main() -> None:
        async with world(unused_after=4.0) as w:
            assert await w.prices.get("a") == 0
            await collected(1.6 * 4.0)
            assert w.held() == (0, 0)
            await w.prices.put("a", 5)
            assert await w.prices.get("a") == 5
            assert w.held() == (1, 1)

    run(main(), seed=1)


def test_D25_what_min_cache_holds_stays_so_long() -> None:
    """Though nobody uses it: whoever declares that wants it to be there (G23)."""
    methods = {method.name: method for method in CONTRACT.methods}
    declared = methods["get"]
    assert isinstance(declared, Compute)
    methods["get"] = replace(declared, options=ComputeOptions(min_cache=3 * UNUSED))
    contract = replace(CONTRACT, methods=tuple(methods.values()))

    class KeptClient(LabClient, contract=contract):
        pass

    async def main() -> None:
        network = MemoryNetwork(1)
        async with (
            Host(transport=network.connect("serving")) as serving,
            Host(transport=network.connect("calling"), unused_after=UNUSED) as calling,
        ):
            await serving.serve(TinyLab())
            client = calling.client(KeptClient)
            for read in (client.get, client.double):
                assert await read("a") == 0
            await collected(SURE)
            assert client.peek.get("a") is not None
            assert client.peek.double("a") is None
            await collected(3 * UNUSED)
            assert client.peek.get("a") is None

    run(main(), seed=1)
