"""Each site shows what is in the shop, which other hosts serve, and what becomes of it."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest
from fusionrt import Host

from shop.app import carts, products
from shop.generated.products import ProductsClient
from shop.services import CartsInMemory, ProductsInMemory
from sites import fastapi_site, flask_site
from sites.django_site.asgi import application as django_application
from tests.web.serving import served


@pytest.fixture
async def shop(nats: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Host]:
    """The host of both services; a cart "1" costs 3.00."""
    monkeypatch.setenv("NATS_URL", nats)
    async with Host(nats) as host:
        await products(host)
        await carts(host)
        yield host


async def get(url: str) -> object:
    """What is there."""
    async with httpx.AsyncClient() as http:
        return (await http.get(url)).raise_for_status().json()


async def called(url: str) -> object:
    """What the gateway that is mounted there says of the total of the cart."""
    async with httpx.AsyncClient() as http:
        return (await http.post(f"{url}/fusion/carts.total", json=["1"])).raise_for_status().json()


async def test_fastapi(shop: Host) -> None:
    """Totals are there, and follow a price; an error of the contract is one of HTTP."""
    async with (
        served(fastapi_site.app, ends=True) as site,
        httpx.AsyncClient(base_url=site.http) as http,
    ):
        async with http.stream("GET", "/carts/1/totals") as stream:
            data = (line async for line in stream.aiter_lines() if line)
            assert await anext(data) == 'data: "3.00"'
            assert (await http.put("/products/apple/price?price=7")).json()["price"] == "7"
            assert await get(f"{site.http}/carts/1/total") == "8.00"
            assert await anext(data) == 'data: "8.00"'
        assert (await http.put("/products/kiwi/price?price=7")).status_code == 404
        assert await called(site.http) == "8.00"


async def test_fastapi_without_a_broker() -> None:
    """In a test of the application a service takes the place of its client."""
    app = fastapi_site.app
    app.dependency_overrides[fastapi_site.carts] = lambda: CartsInMemory(ProductsInMemory())
    try:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            assert (await http.get("/carts/1/total")).json() == "0"
    finally:
        app.dependency_overrides.clear()


async def test_django(shop: Host) -> None:
    """A view awaits, and one does not; the gateway is beside them."""
    async with served(django_application, ends=True) as site:
        assert await get(f"{site.http}/carts/1/total") == {"total": "3.00"}
        await shop.client(ProductsClient).set_price("apple", Decimal(7))
        assert await called(site.http) == "8.00"
        assert await get(f"{site.http}/carts/1/total") == {"total": "8.00"}
        assert await get(f"{site.http}/carts/1/items") == {"apple": 1, "banana": 2}


async def test_flask(shop: Host) -> None:
    """Nothing is awaited, and what another one changes is seen."""

    def visit() -> list[object]:
        client = app.test_client()
        before = client.get("/carts/1/total").json
        asyncio.run_coroutine_threadsafe(change, loop).result()
        return [before, client.get("/carts/1/total").json]

    loop = asyncio.get_running_loop()
    with flask_site.exits:
        app = await asyncio.to_thread(flask_site.create_app)
        change = shop.client(ProductsClient).set_price("apple", Decimal(7))
        assert await asyncio.to_thread(visit) == [{"total": "3.00"}, {"total": "8.00"}]
