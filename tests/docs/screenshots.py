"""`make screenshots`: the pictures in `docs/images`, of the examples in a browser."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from consistency.site import site as harvest
from playwright.async_api import Browser, FrameLocator, Page, ViewportSize, expect
from starlette.applications import Starlette
from todo.site import site as todos

from tests.js.browser import browser
from tests.natsserver import NatsServer
from tests.python import ROOT
from tests.web.serving import served

IMAGES = ROOT / "docs" / "images"
SIDE_BY_SIDE = """
<style>body { display: flex; margin: 0; height: 100vh } iframe { flex: 1; border: 0 }</style>
"""
TODOS = ("Water the plants", "Feed the cat", "Call the plumber", "Read a book")

Site = Callable[[str | None, str], Starlette]


@asynccontextmanager
async def two(site: Site, folder: Path, nats: str) -> AsyncIterator[tuple[str, str]]:
    """Two servers over one database."""
    database = f"sqlite+aiosqlite:///{folder / site.__module__}.db"
    async with (
        served(site(nats, database), ends=True) as one,
        served(site(nats, database), ends=True) as other,
    ):
        yield one.http, other.http


async def beside(chromium: Browser, size: ViewportSize, *urls: str) -> Page:
    """These pages, in one."""
    page = await chromium.new_page(viewport=size)
    await page.goto(urls[0])  # cookies of what is within are those of the site around it
    frames = "".join(f'<iframe src="{url}"></iframe>' for url in urls)
    await page.set_content(SIDE_BY_SIDE + frames)
    return page


def frame(page: Page, index: int) -> FrameLocator:
    """One of them."""
    return page.frame_locator("iframe").nth(index)


async def add(page: FrameLocator | Page, title: str) -> None:
    """Something to do, and wait until it is there."""
    await page.locator("[name=title]").fill(title)
    await page.locator("text=Add").click()
    await expect(page.locator("#items.current .title").last).to_have_text(title)


async def shoot(page: Page, name: str) -> None:
    """Write the picture."""
    path = IMAGES / f"{name}.png"
    await page.screenshot(path=path)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1024} kB")


async def todo(chromium: Browser, urls: tuple[str, str]) -> None:
    """Two servers, in sync; and a page whose connection is lost."""
    pages = (urls[0], f"{urls[1]}/rendered.html")
    page = await beside(chromium, {"width": 900, "height": 400}, *pages)
    for title in TODOS:
        await add(frame(page, 0), title)
    for index in (1, 3):
        await frame(page, 0).locator("#items .tick").nth(index).check()
    await expect(frame(page, 1).locator(".title.done")).to_have_count(2)
    await expect(frame(page, 0).locator("#total.current")).to_be_visible()
    await shoot(page, "todo")
    await page.close()
    page = await chromium.new_page(viewport={"width": 600, "height": 400})
    await page.goto(urls[0])
    await expect(page.locator("#items.current .title")).to_have_count(len(TODOS))
    await page.click("text=Disconnect")
    await expect(page.locator("#items.offline")).to_be_visible()
    await shoot(page, "offline")
    await page.close()


async def consistency(chromium: Browser, urls: tuple[str, str]) -> None:
    """Own edits are there by one server, and not yet asked for by the other."""
    slow = f"{urls[1]}/?delay=5"
    page = await beside(chromium, {"width": 1000, "height": 460}, f"{urls[0]}/?delay=0.25", slow)
    numbers = random.Random(7)
    for _ in range(40):
        await frame(page, 1).locator("#sheet button").nth(numbers.randrange(9)).click()
    for index in (0, 1):
        await expect(frame(page, index).locator("#sheet.current td >> nth=-1")).to_have_text("40")
    await asyncio.sleep(1.5)  # until what changes is no longer taken for an own edit
    for index in (2, 6, 6):
        await frame(page, 0).locator("#sheet button").nth(index).click()
    await expect(frame(page, 0).locator("#sheet.current td >> nth=-1")).to_have_text("43")
    await expect(frame(page, 1).locator("#sheet.updating")).to_be_visible()
    await shoot(page, "consistency")


async def main() -> None:
    """All of them."""
    expect.set_options(timeout=60_000)
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server = NatsServer(folder)
        try:
            async with browser() as chromium:
                async with two(todos, folder, server.url) as urls:
                    await todo(chromium, urls)
                async with two(harvest, folder, server.url) as urls:
                    await consistency(chromium, urls)
        finally:
            server.close()


if __name__ == "__main__":
    asyncio.run(main())
