"""When a command returns, its caller's reads reflect it, over any number of hosts (D15)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import pytest

from fusionrt import Host, OperationLog, RemoteError
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork
from tests.chain.generated.baskets import BasketsClient
from tests.chain.generated.prices import PricesClient
from tests.chain.generated.summaries import SummariesClient
from tests.chain.services import BasketsOver, PricesFrom, SummariesOver
from tests.rpc.patience import patiently
from tests.sizes import size

SEEDS = size(6, 150)
SLOW = Faults(delay=(0.0, 0.05))


@dataclass
class Chain:
    """Two hosts of prices with one truth, one of baskets, one of summaries, and a caller."""

    network: MemoryNetwork
    hosts: dict[str, Host]
    truth: dict[str, int]
    prices: PricesClient
    baskets: BasketsClient
    summaries: SummariesClient
    bodies: dict[str, PricesFrom]

    def total(self, id: str) -> int:
        """What a basket costs."""
        return self.truth[id] + self.truth["a"] + self.truth["b"]

    async def check(self, id: str) -> None:
        """A strict read of everything, in every service."""
        expected = self.total(id)
        assert await self.summaries.of(id) == 10 * expected, "a summary is stale"
        assert await self.baskets.total(id) == expected, "a basket is stale"
        assert await self.prices.get(id) == self.truth[id], "a price is stale"
        assert await self.prices.sum() == self.truth["a"] + self.truth["b"], "a sum is stale"


@asynccontextmanager
async def chained(
    seed: int, faults: Faults = SLOW, log: OperationLog | None = None
) -> AsyncIterator[Chain]:
    """All of them, each connected to any of the hosts of prices; log: of each host."""
    network = MemoryNetwork(seed, faults)
    truth = {"a": 1, "b": 1}
    async with AsyncExitStack() as stack:
        hosts: dict[str, Host] = {}
        bodies: dict[str, PricesFrom] = {}
        for name in ("calling", "one", "two", "baskets", "summaries"):
            host = Host(transport=network.connect(name), log=log)
            hosts[name] = await stack.enter_async_context(host)
        for name in ("one", "two"):
            bodies[name] = PricesFrom(truth)
            await hosts[name].serve(bodies[name])
        await hosts["baskets"].serve(BasketsOver(hosts["baskets"].client(PricesClient)))
        await hosts["summaries"].serve(SummariesOver(hosts["summaries"].client(BasketsClient)))
        calling = hosts["calling"]
        yield Chain(
            network,
            hosts,
            truth,
            calling.client(PricesClient),
            calling.client(BasketsClient),
            calling.client(SummariesClient),
            bodies,
        )


def over_seeds(test: Callable[[Chain, random.Random], Awaitable[None]], seeds: int) -> None:
    """Run it on many networks; a failure names its seed."""

    async def once(seed: int) -> None:
        async with chained(seed) as chain:
            await test(chain, random.Random(seed))

    for seed in range(seeds):
        try:
            run(once(seed), seed=seed)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise


@pytest.mark.search
def test_D15_reads_in_every_service_reflect_a_command_that_returned() -> None:
    """Prices → baskets → summaries, over three hosts, with two instances of the first."""

    async def test(chain: Chain, chance: random.Random) -> None:
        for price in range(2, 22):
            id = chance.choice("ab")
            await chain.prices.put(id, price)
            await chain.check(id)

    over_seeds(test, SEEDS)


@pytest.mark.search
def test_D15_cold_reads_and_reads_under_way_reflect_it_as_well() -> None:
    """Whether the caller held nothing, or asked just before the command returned."""

    async def test(chain: Chain, chance: random.Random) -> None:
        for price in range(2, 12):
            if chance.random() < 0.5:
                await chain.prices.put("a", price)  # nobody holds anything of the new price
                await chain.check("a")
            putting = asyncio.ensure_future(chain.prices.put("b", price))
            before = [asyncio.ensure_future(chain.summaries.of("b")) for _ in range(2)]
            await asyncio.sleep(0.2 * chance.random())
            before.append(asyncio.ensure_future(chain.summaries.of("b")))
            await putting
            await chain.check("b")
            await asyncio.gather(*before)

    over_seeds(test, SEEDS)


@pytest.mark.search
def test_D15_commands_of_many_flows_at_a_time() -> None:
    """Each flow sees its own; fences of one do not answer for another's."""

    async def test(chain: Chain, chance: random.Random) -> None:
        async def flow(id: str) -> None:
            for price in range(1, 12):
                await chain.prices.put(id, price)
                assert await chain.summaries.of(id) >= 10 * price
                assert await chain.baskets.total(id) == chain.total(id)

        chain.truth.update(dict.fromkeys("abcdef", 0))
        await asyncio.gather(*map(flow, "cdef"))

    over_seeds(test, SEEDS)


@pytest.mark.parametrize("how", ["a command", "a plain method", "plain there"])
@pytest.mark.search
def test_D15_commands_that_a_body_calls_count_as_the_callers(how: str) -> None:
    """A host calls another host's command, as a part of its own, or of a plain method."""

    async def test(chain: Chain, chance: random.Random) -> None:
        for price in range(2, 12):
            match how:
                case "a command":
                    await chain.baskets.reprice("a", price)
                case "a plain method":
                    await chain.baskets.reprice_plainly("a", price)
                case _:
                    await chain.prices.put_plainly("a", price)
            await chain.check("a")

    over_seeds(test, SEEDS)


@pytest.mark.search
def test_D15_a_command_that_failed_may_have_written() -> None:
    """It invalidates what it declares, and its caller sees that in every service, too (O20)."""

    async def test(chain: Chain, chance: random.Random) -> None:
        for price in range(2, 12):
            with pytest.raises(RemoteError):
                await chain.prices.fail_after_put("a", price)
            await chain.check("a")

    over_seeds(test, SEEDS)


@pytest.mark.search
def test_D15_plain_calls_and_streams_after_it_see_it_as_well() -> None:
    """They begin when their host reflects the change."""

    async def test(chain: Chain, chance: random.Random) -> None:
        await chain.check("a")
        for price in range(2, 12):
            await chain.prices.put("a", price)
            assert await chain.baskets.total_plainly("a") == chain.total("a")
            await chain.prices.put("a", price + 100)
            assert [total async for total in chain.baskets.totals("a")] == [chain.total("a")]

    over_seeds(test, SEEDS)


@pytest.mark.search
def test_D15_holds_in_a_network_that_loses_messages() -> None:
    """Fences, answers and news of what was written are made up for like everything else."""

    async def test(chain: Chain, chance: random.Random) -> None:
        await chain.check("a")
        chain.network.faults = Faults(delay=(0.0, 0.05), drop=0.03, duplicate=0.03)
        for price in range(2, 12):
            before = dict(chain.truth)
            try:
                await chain.prices.with_options(timeout=60.0).put("a", price)
            except Exception as error:  # its answer may be lost with its host's session
                error.add_note(str(before))
                continue
            summaries = chain.summaries.with_options(timeout=60.0)
            total = await patiently(partial(summaries.of, "a"))
            assert total == 10 * chain.total("a"), "a summary is stale"

    over_seeds(test, SEEDS)
