"""A fence that is lost, or that a host leaves behind, vouches for nothing (D15)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import pytest

from fusionrt import Host
from fusionrt.testing import run
from fusionrt.transport.memory import Faults, MemoryNetwork, MemoryTransport
from fusionrt.wire.envelopes import (
    HostEnvelope,
    decode_client_envelope,
    decode_host_envelope,
    encode_host_envelope,
)
from fusionrt.wire.frames import Farewell, Fence, Invalidated, Results
from tests.chain.generated.baskets import BasketsClient
from tests.chain.generated.prices import PricesClient
from tests.chain.generated.summaries import SummariesClient
from tests.chain.services import BasketsOver, PricesFrom, SummariesOver


@dataclass
class Chain:
    """Prices, baskets made from them, a summary made from these, each on a host, and a caller."""

    network: MemoryNetwork = field(
        default_factory=lambda: MemoryNetwork(1, Faults(delay=(0.01, 0.01)))
    )
    hosts: dict[str, Host] = field(default_factory=dict)
    transports: dict[str, MemoryTransport] = field(default_factory=dict)
    lost: list[Callable[[str, str, bytes], bool]] = field(default_factory=list)
    """What says of a sender, a subject and a payload that this message is lost."""
    truth: dict[str, int] = field(default_factory=lambda: {"a": 1, "b": 1})

    async def start(self, stack: AsyncExitStack, name: str) -> Host:
        """A process."""
        transport = self.transports[name] = self.network.connect(name)
        publish = transport.publish

        def publish_perhaps(
            subject: str, payload: bytes, reply: str = "", *, held: bool = False
        ) -> None:
            if not any(lost(name, subject, payload) for lost in self.lost):
                publish(subject, payload, reply, held=held)

        transport.publish = publish_perhaps  # type: ignore[method-assign]
        host = self.hosts[name] = await stack.enter_async_context(Host(transport=transport))
        return host

    async def start_baskets(self, stack: AsyncExitStack, name: str) -> BasketsOver:
        """A host of baskets."""
        host = await self.start(stack, name)
        baskets = BasketsOver(host.client(PricesClient))
        await host.serve(baskets)
        return baskets

    def apart(self, name: str) -> Callable[[str, str, bytes], bool]:
        """That nothing passes between the prices and this process."""
        cid = self.hosts[name].statistics().caller.cid

        def lost(sender: str, subject: str, payload: bytes) -> bool:
            there = sender == name and subject.startswith("fusion.i.prices.")
            return there or (sender == "prices" and cid in subject)

        return lost

    async def summary(self) -> int:
        """A strict read of what is made over two hosts."""
        return await self.hosts["calling"].client(SummariesClient).of("a")

    @property
    def expected(self) -> int:
        """What it has to be."""
        return 10 * (2 * self.truth["a"] + self.truth["b"])

    async def put(self, price: int) -> None:
        """The caller's command."""
        await self.hosts["calling"].client(PricesClient).put("a", price)


@asynccontextmanager
async def chained() -> AsyncIterator[Chain]:
    """All but the baskets."""
    chain = Chain()
    async with AsyncExitStack() as stack:
        prices = await chain.start(stack, "prices")
        await prices.serve(PricesFrom(chain.truth))
        summaries = await chain.start(stack, "summaries")
        await summaries.serve(SummariesOver(summaries.client(BasketsClient)))
        await chain.start(stack, "calling")
        yield chain


def lived(test: Callable[[Chain], Awaitable[None]]) -> None:
    """Run it in virtual time."""

    async def once() -> None:
        async with chained() as chain:
            await test(chain)

    run(once(), seed=1)


def test_D15_a_fence_vouches_for_nothing_once_its_host_has_left() -> None:
    """The host in the middle is cut off from the prices, and leaves before it has answered."""

    async def test(chain: Chain) -> None:
        async with AsyncExitStack() as first:
            await chain.start_baskets(first, "first")
            assert await chain.summary() == chain.expected
            chain.lost.append(chain.apart("first"))
            await chain.put(5)
            reading = asyncio.ensure_future(chain.summary())
            await asyncio.sleep(0.2)
            assert not reading.done(), "it waits for the fence"
        async with AsyncExitStack() as second:
            await chain.start_baskets(second, "second")
            assert await reading == chain.expected

    lived(test)


@pytest.mark.parametrize("news", [Invalidated((1,), "it is stale"), Farewell()])
def test_D15_what_is_told_before_it_is_known_what_it_is_made_from_is_no_answer(
    news: Invalidated | Farewell,
) -> None:
    """A host says that with its first result; and that this is stale, or that it leaves itself, by
    the same message: so nothing is held that could wait for the fence.
    """

    async def test(chain: Chain) -> None:
        async with AsyncExitStack() as stack:
            await chain.start_baskets(stack, "baskets")
            assert await chain.summary() == chain.expected
            late = await chain.start(stack, "late")
            chain.lost.append(chain.apart("baskets"))
            await late.client(PricesClient).put("a", 5)
            transport = chain.transports["summaries"]
            publish, told = transport.publish, list[HostEnvelope]()

            def publish_with_news(
                subject: str, payload: bytes, reply: str = "", *, held: bool = False
            ) -> None:
                if not told and subject.endswith(f"{late.statistics().caller.cid}.summaries"):
                    it = decode_host_envelope(payload)
                    if any(isinstance(frame, Results) for frame in it.frames):
                        told.append(it)
                        chain.lost.clear()
                        frames = (*it.frames, news)
                        payload = encode_host_envelope(it.iid, it.gen, it.number, frames, it.proof)
                publish(subject, payload, reply, held=held)

            transport.publish = publish_with_news  # type: ignore[method-assign]
            assert await late.client(SummariesClient).of("a") == chain.expected
            assert told

    lived(test)


def test_D15_a_call_that_overtakes_a_lost_fence_waits_for_it() -> None:
    """A session with nothing held sends its fence with what comes next; that is lost, and so is the
    news of what has changed, when a call of the session comes through.
    """

    async def test(chain: Chain) -> None:
        fence_lost = asyncio.Event()

        def lost(sender: str, subject: str, payload: bytes) -> bool:
            if sender != "summaries" or not subject.startswith("fusion.i.baskets."):
                return False
            frames = decode_client_envelope(payload).frames
            if any(isinstance(frame, Fence) for frame in frames):
                fence_lost.set()
                return True
            return False

        async with AsyncExitStack() as first:
            await chain.start_baskets(first, "first")
            assert await chain.summary() == chain.expected
            await chain.put(5)  # neither the caller nor the summaries hold anything now
            await chain.hosts["calling"].client(BasketsClient).total("a")
            chain.lost += [chain.apart("first"), lost]
            await chain.put(6)
            await fence_lost.wait()
            chain.lost.clear()
            assert await chain.summary() == chain.expected

    lived(test)


def test_D15_a_host_that_takes_over_is_believed_once_it_reflects_what_was_written() -> None:
    """It has the very same as the host that left: what was true before the command."""

    async def test(chain: Chain) -> None:
        async with AsyncExitStack() as second:
            async with AsyncExitStack() as first:
                await chain.start_baskets(first, "first")
                assert await chain.summary() == chain.expected
                spare = await chain.start_baskets(second, "second")
                await spare.total("a")
                chain.lost += [chain.apart("first"), chain.apart("second")]
                await chain.put(5)
                reading = asyncio.ensure_future(chain.summary())
                await asyncio.sleep(0.2)
                assert not reading.done(), "it waits for the fence"
            await asyncio.sleep(0.5)
            chain.lost.clear()
            assert await reading == chain.expected

    lived(test)


def test_D15_a_fence_vouches_for_nothing_that_is_adrift() -> None:
    """The host in the middle left before the command was made, and no other one is there yet."""

    async def test(chain: Chain) -> None:
        async with AsyncExitStack() as first:
            await chain.start_baskets(first, "first")
            assert await chain.summary() == chain.expected
        await chain.put(5)
        reading = asyncio.ensure_future(chain.summary())
        await asyncio.sleep(0.2)
        assert not reading.done(), "nobody can tell whether it is fresh"
        async with AsyncExitStack() as second:
            await chain.start_baskets(second, "second")
            assert await reading == chain.expected

    lived(test)
