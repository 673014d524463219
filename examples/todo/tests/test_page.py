"""The page, in a real browser, on two servers over one database."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
from fusionrt import Host
from fusionrt.sql import Database
from playwright.async_api import Browser, Page, Route, expect
from starlette.applications import Starlette

from tests.js.browser import browser
from tests.js.libraries import write_libraries
from tests.web.serving import served
from todo.services import TodosInSql
from todo.site import routes
from todo.tables import Base

SOON = 20_000
LIBRARIES = {"react@19": "react.js", "client": "react-dom-client.js"}
"""By the last part of their addresses; what they import themselves is called as the file is."""


@asynccontextmanager
async def servers(nats: str, database: str) -> AsyncIterator[tuple[str, ...]]:
    """Two of them: each a host of the service, with the page on a port."""
    async with AsyncExitStack() as exits:
        urls = []
        for _ in range(2):
            db = await exits.enter_async_context(Database(database))
            await db.create_all(Base.metadata)
            host = await exits.enter_async_context(Host(nats, log=db.log()))
            await host.serve(TodosInSql(db))
            page = served(Starlette(routes=routes(host)))
            urls.append((await exits.enter_async_context(page)).http)
        yield tuple(urls)


async def _from_here(libraries: Path, route: Route) -> None:
    last = route.request.url.rpartition("/")[2]
    text = (libraries / LIBRARIES.get(last, last)).read_text()
    if last == "react.js":  # there is only one React
        text = 'export * from "https://esm.sh/react@19"'
    headers = {"content-type": "text/javascript", "access-control-allow-origin": "*"}
    await route.fulfill(body=text, headers=headers)


async def opened(chromium: Browser, url: str, libraries: Path) -> Page:
    """The page; what it has from the network is here."""
    page = await chromium.new_page()
    await page.route("https://esm.sh/**", partial(_from_here, libraries))
    page.set_default_timeout(SOON)
    await page.goto(url)
    return page


async def shows(page: Page, items: list[str], total: str) -> None:
    """Return when it shows this, and is sure of it."""
    await expect(page.locator("#items label")).to_have_text(items, timeout=SOON)
    await expect(page.locator("#total.current")).to_have_text(total, timeout=SOON)


@pytest.mark.parametrize("name", ["index.html", "react.html"])
async def test_what_one_page_changes_the_other_shows(
    name: str, nats: str, sqlite: str, tmp_path: Path
) -> None:
    """On two servers, by the plain module and with React: what is added, ticked, removed."""
    write_libraries(tmp_path)
    async with servers(nats, sqlite) as (one, two), browser() as chromium:
        mine = await opened(chromium, f"{one}/{name}", tmp_path)
        other = await opened(chromium, f"{two}/{name}", tmp_path)
        await shows(mine, [], "0 of 0 done")
        await mine.fill("[name=title]", "milk")
        await mine.click("text=Add")
        await shows(mine, [" milk"], "0 of 1 done")
        await shows(other, [" milk"], "0 of 1 done")
        await other.check("#items input")
        await shows(other, [" milk"], "1 of 1 done")
        await shows(mine, [" milk"], "1 of 1 done")
        await expect(mine.locator("label.done")).to_have_count(1)
        await mine.click("text=Remove")
        await shows(mine, [], "0 of 0 done")
        await shows(other, [], "0 of 0 done")
        await expect(mine.locator("#banner")).to_be_hidden()
