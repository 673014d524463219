"""Components that a server renders, over real HTTP: complete, up to date, and by themselves."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from shop.contracts import UnknownProduct
from shop.generated.carts import CartsClient
from shop.generated.products import ProductsClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from fusionrt import Host, NotBoundError
from fusionrt.web import Live
from tests.waiting import until

from .serving import Served, served
from .world import World

TEMPLATES = Path(__file__).parent / "templates"
EVIL = "</p><script>alert(1)</script>\" onclick='x' {{ 7777*7777 }}\n\ndata: <b>"


class Site:
    """A page with three components, of which one fails."""

    def __init__(self, host: Host) -> None:
        products, carts = host.client(ProductsClient), host.client(CartsClient)
        self.live = live = Live(TEMPLATES)
        self.note = EVIL
        self.rendered = 0

        @live.component("product.html")
        async def product(request: Request, id: str) -> dict[str, object]:
            self.rendered += 1
            return {"product": await products.get(id), "note": self.note}

        @live.component("total.html")
        async def total(request: Request, id: str) -> dict[str, object]:
            return {"total": await carts.total(id)}

        @live.component("total.html")
        async def broken(request: Request) -> dict[str, object]:
            raise ValueError("the password is 12345")

        @live.form(shows=[UnknownProduct])
        async def set_price(request: Request, id: str, price: Decimal) -> None:
            await products.set_price(id, price)

        async def page(request: Request) -> Response:
            return await live.page(request, "page.html", title=EVIL)

        self.app = Starlette(routes=[Route("/", page), Mount("/live", live)])


@pytest.fixture
async def site(world: World) -> AsyncIterator[tuple[Site, Served]]:
    """It, served."""
    await world.shop()
    site = Site(await world.host())
    async with served(site.app) as at:
        yield site, at


@pytest.fixture
async def http(site: tuple[Site, Served]) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that knows nothing of JavaScript."""
    async with httpx.AsyncClient(base_url=site[1].http, timeout=10) as http:
        yield http


@asynccontextmanager
async def following(http: httpx.AsyncClient, url: str) -> AsyncIterator[AsyncIterator[str]]:
    """What a component shows, as it changes."""

    async def shown(answer: httpx.Response) -> AsyncIterator[str]:
        lines: list[str] = []
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                lines.append(line.removeprefix("data: "))
            elif not line and lines:
                yield "\n".join(lines)
                lines = []

    async with http.stream("GET", url, headers={"Accept": "text/event-stream"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async with aclosing(shown(answer)) as events:  # type: ignore[type-var]
            yield events


async def test_W13_a_page_is_complete_and_every_value_is_escaped(http: httpx.AsyncClient) -> None:
    """Without any JavaScript; in texts and in attributes, of pages and of components."""
    page = (await http.get("/")).text
    assert '<p class="price">2</p>' in page and '<p class="total">11</p>' in page
    assert "<script>alert" not in page and "onclick='" not in page and "60481729" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3
    assert 'hx-sse:connect="/live/product?id=pen"' in page
    for source in re.findall(r'src="([^"]+)"', page):
        assert (await http.get(source)).status_code == 200, source


async def test_W13_an_error_shows_in_its_component_only(http: httpx.AsyncClient) -> None:
    """With a reference to the log, and nothing of what it said."""
    page = (await http.get("/")).text
    assert len(re.findall(r"This part cannot be shown at the moment \(\w{12}\)", page)) == 1
    assert page.count('data-live-state="failed"') == 1
    assert page.count('data-live-state="current"') == 2
    assert "12345" not in page
    async with following(http, "/live/broken") as events:
        assert "This part cannot be shown" in await anext(events)


async def test_a_component_is_rendered_anew_when_what_it_read_changes(
    world: World, site: tuple[Site, Served], http: httpx.AsyncClient
) -> None:
    """Once for a change; its text keeps its lines, so that none of it is taken for an event."""
    async with following(http, "/live/product?id=pen") as events:
        assert '<p class="price">2</p>' in (first := await anext(events))
        assert "&lt;b&gt;" in first and first.count("data-live-state") == 1
        rendered = site[0].rendered
        await (await world.host()).client(ProductsClient).set_price("pen", Decimal(3))
        assert '<p class="price">3</p>' in await anext(events)
        assert site[0].rendered == rendered + 1


async def test_W11_a_component_that_nobody_follows_is_let_go(
    world: World, site: tuple[Site, Served], http: httpx.AsyncClient
) -> None:
    """With its connection: it is not rendered again."""
    async with following(http, "/live/product?id=pen") as events:
        await anext(events)
        assert site[0].live.streams == 1
    await until(lambda: site[0].live.streams == 0)
    rendered = site[0].rendered
    async with following(http, "/live/total?id=1") as events:
        await anext(events)
        await (await world.host()).client(ProductsClient).set_price("pen", Decimal(3))
        assert "14" in await anext(events)
    assert site[0].rendered == rendered


async def test_a_form_works_without_javascript(http: httpx.AsyncClient) -> None:
    """It leads back to the page that it was sent from, which shows what it did."""
    page = str((await http.get("/")).url)
    action = "/live/set_price?id=pen"
    sent = await http.post(action, data={"price": "7"}, headers={"Referer": f"{page}?a=1"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/?a=1")
    assert '<p class="price">7</p>' in (await http.get("/")).text
    for elsewhere in ("https://evil.example/x", f"{page}/evil.example", f"{page}\\evil.example"):
        sent = await http.post(action, data={"price": "7"}, headers={"Referer": elsewhere})
        assert sent.headers["location"] == "/"


async def test_a_form_says_what_went_wrong(http: httpx.AsyncClient) -> None:
    """In a page of its own, or, with JavaScript, as the text for its `output`; escaped."""
    for headers in ({}, {"HX-Request": "true"}):
        wrong = await http.post("/live/set_price?id=pen", data={"price": "x"}, headers=headers)
        assert wrong.status_code == 400 and "price" in wrong.text
        missing = await http.post("/live/set_price?id=pen", data={"other": "1"}, headers=headers)
        assert missing.status_code == 400 and "price is missing" in missing.text
        declared = await http.post(
            "/live/set_price", params={"id": "<hat>"}, data={"price": "1"}, headers=headers
        )
        assert declared.status_code == 422 and "&lt;hat&gt;" in declared.text
        assert ("Back" in declared.text) == (not headers)
    fine = await http.post("/live/set_price?id=pen", data={"price": "8"}, headers=headers)
    assert (fine.status_code, fine.text) == (200, "")


async def test_W8_a_form_of_a_foreign_page_is_refused(http: httpx.AsyncClient) -> None:
    """Before it is read; and so is what is no form."""
    evil = {"Origin": "https://evil.example"}
    sent = await http.post("/live/set_price?id=pen", data={"price": "9"}, headers=evil)
    assert sent.status_code == 403
    assert (await http.post("/live/set_price?id=pen", json={"price": "9"})).status_code == 400
    large = await http.post("/live/set_price?id=pen", data={"price": "9" * 300_000})
    assert large.status_code == 400
    assert '<p class="price">2</p>' in (await http.get("/")).text


async def test_the_script_is_kept_by_browsers_until_there_is_another(
    http: httpx.AsyncClient,
) -> None:
    """Also where two versions of the application are served for a time."""
    (source,) = re.findall('<script defer src="([^"]+)"', (await http.get("/")).text)
    script = await http.get(source)
    assert "immutable" in script.headers["cache-control"]
    assert script.headers["content-type"].startswith("text/javascript")
    other = await http.get("/live/static/0123456789abcdef.js")
    assert other.text == script.text and other.headers["cache-control"] == "no-store"


async def test_what_is_not_there_is_not_found(http: httpx.AsyncClient) -> None:
    """Neither components, nor forms, nor files outside of the folder."""
    assert (await http.get("/live/nothing")).status_code == 404
    assert (await http.get("/live/set_price")).status_code == 404
    assert (await http.post("/live/product", data={})).status_code == 404
    assert (await http.get("/live/static/../app.py")).status_code == 404
    assert (await http.get("/live/static/..%2fapp.py")).status_code == 404
    wrong = await http.get("/live/product", headers={"Accept": "text/event-stream"})
    assert wrong.status_code == 400


def test_a_name_is_given_once() -> None:
    """And a parameter needs a type."""
    live = Live(TEMPLATES)

    @live.component("total.html")
    async def total(request: Request) -> dict[str, object]:
        return {}

    with pytest.raises(NotBoundError, match="total"):
        live.form()(total)

    async def untyped(request, id):  # type: ignore[no-untyped-def]
        return {}

    with pytest.raises(TypeError, match="id needs a type"):
        live.component("total.html")(untyped)
