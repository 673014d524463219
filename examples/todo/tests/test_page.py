"""The page, in a real browser, on two servers over one database."""

from functools import partial
from pathlib import Path

from playwright.async_api import Browser, Page, Route, expect

from tests.js.browser import IN_BROWSER
from tests.js.libraries import write_libraries
from tests.web.serving import served
from todo.site import site

pytestmark = IN_BROWSER
SOON = 20_000
SURE = "#total.current, [data-live-state=current] #total"
WATCHED = """
window.states = []
const total = document.getElementById("total")
const changed = () => states.push(total.className)
new MutationObserver(changed).observe(total, { attributes: true })
"""
LIBRARIES = {"react@19": "react.js", "client": "react-dom-client.js"}
"""By the last part of their addresses; what they import themselves is called as the file is."""


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
    await expect(page.locator("#items .title")).to_have_text(items, timeout=SOON)
    await expect(page.locator(SURE)).to_have_text(total, timeout=SOON)


async def test_what_one_page_changes_the_other_shows(
    nats: str, sqlite: str, tmp_path: Path, chromium: Browser
) -> None:
    """On two servers, by the plain module, with React, rendered there: what is added, ticked,
    removed.
    """
    write_libraries(tmp_path)
    async with (
        served(site(nats, sqlite), ends=True) as one,
        served(site(nats, sqlite), ends=True) as two,
    ):
        for name in ("index.html", "react.html", "rendered.html"):
            mine = await opened(chromium, f"{one.http}/{name}?folder={name}", tmp_path)
            other = await opened(chromium, f"{two.http}/{name}?folder={name}", tmp_path)
            await both_show(mine, other)


async def both_show(mine: Page, other: Page) -> None:
    """What either changes."""
    await shows(mine, [], "0 of 0 done")
    await mine.fill("[name=title]", "milk")
    await mine.click("text=Add")
    await shows(mine, ["milk"], "0 of 1 done")
    await shows(other, ["milk"], "0 of 1 done")
    await other.click("#items .tick")
    await shows(other, ["milk"], "1 of 1 done")
    await shows(mine, ["milk"], "1 of 1 done")
    await expect(mine.locator(".title.done")).to_have_count(1, timeout=SOON)
    await mine.click("text=Remove")
    await shows(mine, [], "0 of 0 done")
    await shows(other, [], "0 of 0 done")
    await expect(mine.locator("#banner")).to_be_hidden()


async def test_the_debug_bar_does_to_a_page_what_happens_to_it(
    nats: str, sqlite: str, tmp_path: Path, chromium: Browser
) -> None:
    """Disconnected, it says so, and comes back; what is invalidated or recomputed is shown anew."""
    async with served(site(nats, sqlite), ends=True) as one:
        page = await opened(chromium, one.http, tmp_path)
        await shows(page, [], "0 of 0 done")
        await page.click("text=Disconnect")
        await expect(page.locator("#banner")).to_be_visible(timeout=SOON)
        await expect(page.locator("#total.offline")).to_be_visible(timeout=SOON)
        await page.click("text=Connect")
        await expect(page.locator("#banner")).to_be_hidden(timeout=SOON)
        await page.evaluate(WATCHED)
        for verb in ("Recompute", "Invalidate"):
            await shows(page, [], "0 of 0 done")
            await page.evaluate("states.length = 0")
            await page.click(f"text={verb}")
            await page.wait_for_function("states.includes('updating')")
            await page.wait_for_function("states.at(-1) === 'current'")
