"""Real processes and a real broker: values change live, and come back after every kill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal

import pytest
from shop.contracts import Cart, Item, Product
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient

from fusionrt import CallTimeout, Computed, Host, RemoteUnavailable
from tests.lab import LabClient
from tests.natsserver import NatsServer
from tests.waiting import until

from .processes import ServiceProcess

PRODUCTS, CARTS = "shop.app:products", "shop.app:carts"


@pytest.fixture
async def shop(nats_server: str) -> AsyncIterator[tuple[Host, ServiceProcess, ServiceProcess]]:
    """Products and carts in a process each, and a host of this process."""
    async with (
        ServiceProcess(PRODUCTS, nats_server) as products,
        ServiceProcess(CARTS, nats_server) as carts,
        Host(nats_server) as host,
    ):
        yield host, products, carts


class Watch:
    """What a `changes` loop yields."""

    def __init__(self, client: CartsClient, cart: str) -> None:
        self.yielded: list[Computed[Decimal]] = []
        self._changes = client.changes.total(cart)
        self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        async for computed in self._changes:
            self.yielded.append(computed)

    @property
    def totals(self) -> list[Decimal | None]:
        return [c.value if c.error is None else None for c in self.yielded]

    async def shows(self, total: str, *, within: float = 10.0) -> None:
        """Return when the latest is this total."""
        await until(lambda: self.totals[-1:] == [Decimal(total)], within=within)

    def stop(self) -> None:
        self._task.cancel()


async def test_a_command_in_one_process_changes_what_a_loop_in_another_yields(
    shop: tuple[Host, ServiceProcess, ServiceProcess], nats_server: str
) -> None:
    """Products → carts → this process: spaced changes are yielded once each, with the reason."""
    host, _, _ = shop
    watch = Watch(host.client(CartsClient), "1")
    await watch.shows("3.00")
    async with Host(nats_server) as other:
        products = other.client(ProductsClient)
        expected = [Decimal("3.00")]
        for cents in range(1, 30):
            await products.set_price("apple", Decimal(cents))
            expected.append(Decimal(cents) + 1)
            await watch.shows(str(expected[-1]))
        assert watch.totals == expected
        reasons = {str(computed.origin) for computed in watch.yielded[:-1]}
        assert reasons == {"products.set_price invalidated products.get('apple')"}
        await other.client(CartsClient).put(Cart("1", (Item("banana", 4),)))
        await watch.shows("2.00")
    watch.stop()


async def test_a_burst_coalesces_and_the_last_value_arrives(
    shop: tuple[Host, ServiceProcess, ServiceProcess],
) -> None:
    """Many commands at once give few yields; the last one is the truth."""
    host, _, _ = shop
    watch = Watch(host.client(CartsClient), "2")
    await watch.shows("5.00")
    products = host.client(ProductsClient)
    await asyncio.gather(*(products.set_price("banana", Decimal(n)) for n in range(1, 401)))
    final = await products.get("banana")
    assert final is not None
    await watch.shows(str(final.price * 10))
    assert len(watch.yielded) < 200
    watch.stop()


async def test_D9_reads_of_a_killed_service_fail_within_seconds_and_recover(
    shop: tuple[Host, ServiceProcess, ServiceProcess], nats_server: str
) -> None:
    """With its only process gone a strict read fails clearly; watchers follow the next one."""
    host, _, carts = shop
    client = host.client(CartsClient)
    watch = Watch(client, "1")
    await watch.shows("3.00")
    await carts.kill()
    replica = await client.computed.total("1")
    await until(lambda: not replica.is_consistent, within=4.0)
    async with asyncio.timeout(5):
        with pytest.raises((RemoteUnavailable, CallTimeout), match="carts"):
            await client.total("1")
    async with ServiceProcess(CARTS, nats_server):
        await host.client(ProductsClient).set_price("apple", Decimal(9))
        await watch.shows("10.00")
        assert await client.total("1") == 10
    watch.stop()


async def test_D9_reads_of_a_killed_service_fail_over_to_another_process(
    shop: tuple[Host, ServiceProcess, ServiceProcess], nats_server: str
) -> None:
    """With a second process nothing fails: reads and watchers move to that."""
    host, _, first = shop
    client = host.client(CartsClient)
    watch = Watch(client, "1")
    await watch.shows("3.00")
    async with ServiceProcess(CARTS, nats_server):
        await first.kill()
        async with asyncio.timeout(8):
            assert await client.get("2") is not None
        await host.client(ProductsClient).set_price("apple", Decimal(9))
        await watch.shows("10.00")
        assert None not in watch.totals
    watch.stop()


async def test_D10_everything_converges_after_the_broker_was_killed(
    nats_process: NatsServer,
) -> None:
    """The broker's death costs no process and no value."""
    async with (
        ServiceProcess(PRODUCTS, nats_process.url),
        ServiceProcess(CARTS, nats_process.url),
        Host(nats_process.url) as host,
    ):
        watch = Watch(host.client(CartsClient), "1")
        await watch.shows("3.00")
        nats_process.restart()
        products = host.client(ProductsClient)
        await products.set_price("apple", Decimal(5))
        await watch.shows("6.00", within=20)
        assert await host.client(CartsClient).total("1") == 6
        watch.stop()


async def test_instances_of_a_service_tell_each_other_what_commands_invalidate(
    nats_server: str,
) -> None:
    """Replicas of both processes hear of a command that ran in one of them."""
    async with AsyncExitStack() as stack:
        for _ in range(2):
            await stack.enter_async_context(ServiceProcess(PRODUCTS, nats_server))
        replicas: list[Computed[Product | None]] = []
        iids: set[str | None] = set()
        while len(iids) < 2:
            host = await stack.enter_async_context(Host(nats_server))
            client = host.client(ProductsClient)
            replicas.append(await client.computed.get("apple"))
            (session,) = host.statistics().caller.peers["products"].sessions
            assert session.host is not None
            iids.add(session.host)
        await client.set_price("apple", Decimal(8))
        async with asyncio.timeout(5):
            for replica in replicas:
                await replica.invalidated()
        reasons = {str(replica.origin) for replica in replicas}
        assert reasons == {"products.set_price invalidated products.get('apple')"}


async def test_D22_a_process_that_is_told_to_stop_finishes_what_it_runs(nats_server: str) -> None:
    """SIGTERM drains: the running call gets its result, then the process ends with 0."""
    async with (
        ServiceProcess("tests.e2e.app:slow", nats_server) as process,
        Host(nats_server) as host,
    ):
        call = asyncio.create_task(host.client(LabClient).wait())
        await process.says("running")
        process.terminate()
        assert await call == "finished"
        assert await process.ended() == 0
