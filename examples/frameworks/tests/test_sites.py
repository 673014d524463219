"""Each site shows what is in the shop, which other hosts serve, and what becomes of it."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest
from fusionrt import Host

from shop.app import carts, products
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient
from shop.services import CartsInMemory, ProductsInMemory
from sites import fastapi_site, flask_site
from sites.django_site.asgi import application as django_application
from sites.django_site.views import host as django_host
from tests.web.serving import Served, served


@pytest.fixture
async def shop(nats: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Host]:
    """The host of both services; a cart "1" costs 3.00."""
    monkeypatch.setenv("NATS_URL", nats)
    async with Host(nats) as host:
        await products(host)
        await carts(host)
        yield host


def visitor(site: Served) -> httpx.AsyncClient:
    """A client of the site, with patience for a busy machine."""
    return httpx.AsyncClient(base_url=site.http, timeout=60)


async def called(http: httpx.AsyncClient) -> object:
    """What the gateway that is mounted there says of the total of the cart."""
    return (await http.post("/fusion/carts.total", json=["1"])).json()


async def test_fastapi(shop: Host) -> None:
    """Totals are there, and follow a price; an error of the contract is one of HTTP."""
    async with served(fastapi_site.app, ends=True) as site, visitor(site) as http:
        async with http.stream("GET", "/carts/1/totals") as stream:
            data = (line async for line in stream.aiter_lines() if line)
            assert await anext(data) == 'data: "3.00"'
            assert (await http.put("/products/apple/price?price=7")).json()["price"] == "7"
            assert (await http.get("/carts/1/total")).json() == "8.00"
            assert await anext(data) == 'data: "8.00"'
        assert (await http.put("/products/kiwi/price?price=7")).status_code == 404
        assert await called(http) == "8.00"


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
    async with served(django_application, ends=True) as site, visitor(site) as http:
        assert (await http.get("/carts/1/total")).json() == {"total": "3.00"}
        assert (await http.get("/carts/1/items")).json() == {"apple": 1, "banana": 2}
        await shop.client(ProductsClient).set_price("apple", Decimal(7))
        async for total in django_host.client(CartsClient).changes.total("1"):
            if total.value == 8:  # it is another process, so it takes a moment
                break
        assert (await http.get("/carts/1/total")).json() == {"total": "8.00"}
        assert await called(http) == "8.00"


async def test_flask(shop: Host) -> None:
    """Nothing is awaited, and what another process changes is seen."""

    def visit() -> None:
        client = app.test_client()
        assert client.get("/carts/1/total").json == {"total": "3.00"}
        asyncio.run_coroutine_threadsafe(change, loop).result()
        while (total := client.get("/carts/1/total").json) == {"total": "3.00"}:
            pass
        assert total == {"total": "8.00"}

    loop = asyncio.get_running_loop()
    with flask_site.exits:
        app = await asyncio.to_thread(flask_site.create_app)
        change = shop.client(ProductsClient).set_price("apple", Decimal(7))
        await asyncio.to_thread(visit)
