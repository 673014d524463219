"""Pages over real WebSockets: values, invalidations, commands, as in any other client."""

from __future__ import annotations

from decimal import Decimal

import pytest
from shop.contracts import Cart, Item, Product, UnknownProduct
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient

from fusionrt import Host, NotBoundError, RemoteUnavailable
from fusionrt.web import Gateway
from fusionrt.web.page import Code
from tests.waiting import until

from .world import World, until_value


async def test_a_page_reads_and_is_told_of_changes(world: World) -> None:
    """The value; then the next one, when another client of the service has changed it."""
    await world.shop()
    page, _ = await world.page(await world.door())
    carts = page.client(CartsClient)
    changes = carts.changes.total("1")
    assert (await anext(changes)).value == 11
    assert await carts.total("1") == 11
    await (await world.host()).client(ProductsClient).set_price("pen", Decimal(3))
    assert (await anext(changes)).value == 14


async def test_W5_a_page_reads_what_it_wrote(world: World) -> None:
    """When its command has returned, so does its next read, in another service, on another host."""
    await world.shop()
    page, _ = await world.page(await world.door())
    carts, products = page.client(CartsClient), page.client(ProductsClient)
    for price in range(1, 50):
        assert await products.set_price("pen", Decimal(price)) == Product("pen", Decimal(price))
        assert await carts.total("1") == 3 * price + 5
        await carts.put(Cart("1", (Item("pen", 3), Item("cup", price))))
        assert await carts.total("1") == 3 * price + 5 * price
        await carts.put(Cart("1", (Item("pen", 3), Item("cup", 1))))


async def test_a_declared_error_is_what_it_was(world: World) -> None:
    """By its class, over both hops."""
    await world.shop()
    page, _ = await world.page(await world.door())
    with pytest.raises(UnknownProduct, match="hat"):
        await page.client(ProductsClient).set_price("hat", Decimal(1))


async def test_W10_many_pages_cost_one_registration_and_one_recomputation(world: World) -> None:
    """Twenty pages that watch one total: the body runs once, and once for each change."""
    carts = await world.shop()
    door = await world.door()
    watches = []
    for _ in range(20):
        page, _ = await world.page(door)
        watches.append(page.client(CartsClient).changes.total("1"))
    assert {(await anext(watch)).value for watch in watches} == {Decimal(11)}
    assert carts.ran == ["1"]
    held = door.host.statistics().caller.peers["carts"].sessions
    assert [session.held for session in held] == [1]
    await door.host.client(ProductsClient).set_price("pen", Decimal(3))
    assert {(await anext(watch)).value for watch in watches} == {Decimal(14)}
    assert carts.ran == ["1", "1"]


async def test_W2_only_what_is_listed_is_reached(world: World) -> None:
    """A service that the host could call, and the gateway was not given."""
    await world.shop()
    page, _ = await world.page(await world.door([CartsClient]))
    assert await page.client(CartsClient).total("1") == 11
    with pytest.raises(RemoteUnavailable, match="not offered to pages"):
        await page.client(ProductsClient).get("pen")


def test_a_gateway_is_made_without_a_loop() -> None:
    """As modules make it; it answers once its host runs."""
    assert Gateway(Host(), [CartsClient]).statistics().pages == 0


def test_W2_what_no_gateway_serves_is_refused_when_it_is_made() -> None:
    """A contract that is given twice, and what is no client."""
    with pytest.raises(NotBoundError, match="twice"):
        Gateway(Host(), [CartsClient, CartsClient])
    with pytest.raises(NotBoundError, match="Client classes"):
        Gateway(Host(), [Product])  # type: ignore[list-item]


async def test_W4_a_page_whose_socket_breaks_goes_on(world: World) -> None:
    """It comes back to its session: what changed meanwhile is told, what did not is not computed
    anew."""
    carts = await world.shop()
    door = await world.door()
    page, transport = await world.page(door)
    changes = page.client(CartsClient).changes.total("1")
    assert (await anext(changes)).value == 11
    transport.cut()
    await until(lambda: transport.codes and transport.sockets)
    assert await page.client(CartsClient).total("1") == 11 and carts.ran == ["1"]
    transport.cut()
    await door.host.client(ProductsClient).set_price("pen", Decimal(3))
    await until_value(changes, Decimal(14))


async def test_D22_a_page_moves_when_its_gateway_drains(world: World) -> None:
    """It goes on at another one; the socket that it left was closed with a code that says why."""
    carts = await world.shop()
    first, second = await world.door(), await world.door()
    page, transport = await world.page(first, second)
    changes = page.client(CartsClient).changes.total("1")
    assert (await anext(changes)).value == 11
    await first.gateway.drain()
    await until(lambda: Code.LEAVING in transport.codes)
    await second.host.client(ProductsClient).set_price("pen", Decimal(3))
    await until_value(changes, Decimal(14))
    assert carts.ran == ["1", "1"]
