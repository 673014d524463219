"""Components in a real browser: morphed in place, offline and back, and with JavaScript off."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest
from playwright.async_api import Browser, Page, Route
from shop.generated.products import ProductsClient

from tests.js.browser import browser
from tests.waiting import until

from .serving import Served, served
from .test_live import Site
from .world import World


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of this test alone."""
    async with browser() as chromium:
        yield chromium


@pytest.fixture
async def products(world: World) -> ProductsClient:
    """Another client of the shop."""
    await world.shop()
    return (await world.host()).client(ProductsClient)


async def shows(page: Page, price: str) -> None:
    """Return when it shows this price, and is not offline."""
    await page.wait_for_function(
        """price => document.querySelector(".price").textContent == price
            && !document.querySelector("[data-live-offline]")""",
        arg=price,
    )


async def opened(chromium: Browser, at: Served, *, script: bool = True) -> Page:
    """A page in a window of its own."""
    page = await (await chromium.new_context(java_script_enabled=script)).new_page()
    await page.goto(at.http)
    return page


async def test_a_component_is_morphed_around_what_is_typed(
    world: World, products: ProductsClient, chromium: Browser
) -> None:
    """A change shows without a reload, and what somebody types stays; a form changes what all pages
    show, and says what was wrong; with the page goes all that the server had for it."""
    site = Site(await world.host())
    async with served(site.app) as at:
        page, other = await opened(chromium, at), await opened(chromium, at)
        await page.evaluate("window.stayed = true")
        await page.fill("input[name=price]", "4")
        await products.set_price("pen", Decimal(3))
        await shows(page, "3")
        assert await page.input_value("input[name=price]") == "4"
        assert await page.inner_text(".total") == "14"
        await page.click("button")
        await shows(page, "4")
        await shows(other, "4")
        await page.fill("input[name=price]", "much")
        await page.click("button")
        await page.wait_for_selector("output:not(:empty)")
        assert "price" in await page.inner_text("output")
        assert await page.evaluate("window.stayed")
        await page.close()
        await other.close()
        await until(lambda: site.live.streams == 0)


async def test_W4_a_component_is_live_at_once_however_late_its_scripts_come(
    world: World, products: ProductsClient, chromium: Browser
) -> None:
    """One after the other, on a slow network: it looks for its server when they are there, and not
    only when it has been silent for so long that something must be wrong.
    """
    site = Site(await world.host())
    async with served(site.app) as at:
        page = await (await chromium.new_context()).new_page()
        late = itertools.count(1)

        async def delayed(route: Route) -> None:
            await asyncio.sleep(next(late) * 0.3)
            await route.continue_()

        await page.route("**/*.js", delayed)
        await page.goto(at.http)
        await until(lambda: site.live.streams == 3)
        await products.set_price("pen", Decimal(3))
        await shows(page, "3")
        await page.close()


async def test_W4_a_component_is_live_again_when_its_server_is_back(
    world: World, products: ProductsClient, chromium: Browser
) -> None:
    """Meanwhile it says that it is offline; then it shows what has changed, without a reload."""
    site = Site(await world.host())
    async with served(site.app) as at:
        page = await opened(chromium, at)
        await page.evaluate("window.stayed = true")
        await products.set_price("pen", Decimal(3))
        await shows(page, "3")
    await page.wait_for_selector("[data-live-offline]")
    await products.set_price("pen", Decimal(5))
    async with served(site.app, at.port):
        await shows(page, "5")
        assert await page.evaluate("window.stayed")
        await page.close()


async def test_W13_a_page_works_with_javascript_off(
    world: World, products: ProductsClient, chromium: Browser
) -> None:
    """It is complete, and its forms do what they say; no value runs as a script with it on."""
    site = Site(await world.host())
    async with served(site.app) as at:
        page = await opened(chromium, at, script=False)
        assert await page.inner_text(".total") == "11"
        await page.fill("input[name=price]", "9")
        await page.click("button")
        assert await page.inner_text(".price") == "9" and page.url == f"{at.http}/"
        said: list[str] = []
        scripted = await chromium.new_page()
        scripted.on("dialog", lambda dialog: said.append(dialog.message))
        await scripted.goto(at.http)
        await shows(scripted, "9")
        assert not said
        await scripted.close()
