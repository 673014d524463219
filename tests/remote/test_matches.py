"""Replicas whose host is lost are matched with what the next one has (D16)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from fusionrt import Host, Origin, OriginKind
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork
from tests.chain.generated.baskets import BasketsClient
from tests.chain.generated.prices import PricesClient
from tests.chain.services import BasketsOver, PricesFrom, SummariesOver
from tests.waiting import until

LOST = 8.0
"""Seconds in which a host that was killed is given up, and another one found."""


@dataclass
class World:
    """Prices on one host, which is lost; baskets over them; a caller."""

    network: MemoryNetwork
    stack: AsyncExitStack
    truth: dict[str, int]
    selling: Host
    baskets: BasketsOver
    client: BasketsClient
    prices: PricesClient
    summaries: SummariesOver
    caller: Host
    next: PricesFrom

    async def start_another(self) -> None:
        """Another host of the prices."""
        host = await self.stack.enter_async_context(Host(transport=self.network.connect("next")))
        await host.serve(self.next)

    async def lose(self, how: str) -> None:
        """The first host goes: it drains, or is killed."""
        if how == "drained":
            await self.selling.__aexit__(None, None, None)
        else:
            self.network.crash("selling")
            await self.selling.__aexit__(OSError, OSError("killed"), None)


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    """All of it, with everything read once."""
    network = MemoryNetwork(1)
    truth = {"a": 1, "b": 2, "x": 3}
    async with AsyncExitStack() as stack:
        hosts = []
        selling = Host(transport=network.connect("selling"))
        await selling.__aenter__()
        for name in ("packing", "calling"):
            host = Host(transport=network.connect(name))
            hosts.append(await stack.enter_async_context(host))
        packing, calling = hosts
        await selling.serve(PricesFrom(truth))
        baskets = BasketsOver(packing.client(PricesClient))
        await packing.serve(baskets)
        client = calling.client(BasketsClient)
        summaries = SummariesOver(client)
        await calling.serve(summaries)
        yield World(
            network,
            stack,
            truth,
            selling,
            baskets,
            client,
            calling.client(PricesClient),
            summaries,
            calling,
            PricesFrom(truth),
        )


@pytest.mark.parametrize("how", ["drained", "killed"])
def test_D16_equal_values_of_another_host_keep_replicas_and_what_was_made_from_them(
    how: str,
) -> None:
    """Nothing is recomputed downstream, on any host; the next host computes what it is asked."""

    async def main() -> None:
        async with world() as w:
            assert await w.summaries.of("x") == 60
            before = await w.summaries.computed.of("x")
            price = await w.prices.computed.get("x")
            await w.start_another()
            await w.lose(how)
            await asyncio.sleep(LOST)
            assert await w.summaries.of("x") == 60
            assert await w.summaries.computed.of("x") is before
            assert await w.prices.computed.get("x") is price
            assert price.is_consistent
            assert w.caller.graph.statistics().methods["summaries.of"].bodies == 1
            w.truth["x"] = 5
            w.next.invalidate.get("x")
            await asyncio.sleep(1.0)
            assert not before.is_consistent
            assert await w.summaries.of("x") == 80

    run(main(), seed=1)


@pytest.mark.parametrize("how", ["drained", "killed"])
def test_D16_a_value_that_differs_is_stale(how: str) -> None:
    """What changed while nobody told is seen by the next strict read, and told to watchers."""

    async def main() -> None:
        async with world() as w:
            seen: list[int] = []

            async def watch() -> None:
                async for computed in w.client.changes.total("x"):
                    seen.append(computed.value)  # noqa: PERF401 - it never ends

            watching = asyncio.create_task(watch())
            assert await w.summaries.of("x") == 60
            assert await w.prices.get("a") == 1
            w.truth["x"] = 7  # behind the back of the first host
            await w.start_another()
            await w.lose(how)
            await asyncio.sleep(LOST)
            assert await w.summaries.of("x") == 100
            assert await w.prices.get("a") == 1
            assert seen[0] == 6
            assert seen[-1] == 10
            watching.cancel()

    run(main(), seed=1)


def test_D16_a_matched_replica_is_as_good_as_new() -> None:
    """It is a hit of the hot path, held on both ends once, and let go with its last holder."""

    async def main() -> None:
        async with world() as w:
            assert await w.prices.get("x") == 3
            await w.start_another()
            await w.lose("drained")
            await asyncio.sleep(LOST)
            for _ in range(3):
                assert await w.prices.get("x") == 3
            assert w.next.ran == ["x"]
            assert w.caller.statistics().caller.peers["prices"].held == 1
            assert w.prices._fusion.hits["get"]
            w.caller.graph.prune()
            await asyncio.sleep(1.0)
            assert w.caller.statistics().caller.peers["prices"].held == 0

    run(main(), seed=1)


@pytest.mark.parametrize("asked", [False, True])
def test_D17_a_lost_replica_that_is_left_is_held_by_no_other_host(asked: bool) -> None:
    """Though somebody keeps it, and though that host is asked for it, and has another value."""

    async def main() -> None:
        async with world() as w:
            price = await w.prices.computed.get("x")
            w.truth["x"] = 7
            await w.start_another()
            w.network.faults = Faults(delay=(0.01, 0.01))
            await w.lose("drained")
            await asyncio.sleep(0.1)
            if asked:
                await until(lambda: bool(w.next.ran))
            w.caller.graph.invalidate_all(Origin(OriginKind.CALL, "test"))
            await asyncio.sleep(LOST)
            assert w.next.ran == (["x"] if asked else [])
            assert w.caller.statistics().caller.peers["prices"].held == 0
            assert not price.is_consistent

    run(main(), seed=1)


def test_D2_without_another_host_nothing_is_believed() -> None:
    """Absence of proof is invalidation: soon, and whether anybody asks or not."""

    async def main() -> None:
        async with world() as w:
            price = await w.prices.computed.get("x")
            await w.lose("killed")
            await asyncio.sleep(2 * LOST)
            assert not price.is_consistent
            assert price.origin is not None

    run(main(), seed=1)
