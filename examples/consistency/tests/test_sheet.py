"""The page, in a real browser, on two servers over one database."""

import asyncio
from itertools import chain

from playwright.async_api import Browser, Page, expect

from consistency.site import site
from tests.js.browser import IN_BROWSER
from tests.web.serving import served

pytestmark = IN_BROWSER
SOON = 30_000
WATCHED = """
window.seen = []
document.addEventListener("DOMContentLoaded", () => {
  const table = document.getElementById("sheet")
  const numbers = (row) => [...row.cells].slice(1).map((cell) => Number(cell.textContent))
  const read = () => void seen.push([...table.rows].slice(1).map(numbers))
  new MutationObserver(read).observe(table, { childList: true })
})
window.picks = async (times) => {
  for (let each = 0; each < times; each += 1) {
    const before = seen.length
    document.querySelectorAll("#sheet button")[each % 9].click()
    while (seen.length === before) await new Promise(requestAnimationFrame)
  }
}
"""
"""Writes down all numbers of the table whenever it is drawn; and clicks, each time after that."""
PICKS = 15

Sheet = list[list[int]]


def agrees(sheet: Sheet) -> bool:
    """Each last number is the sum of the others, along rows and along columns."""
    lines = chain(sheet, zip(*sheet, strict=True))
    return all(sum(numbers) == total for *numbers, total in lines)


async def opened(chromium: Browser, url: str, delay: float) -> Page:
    """The page, with its table, and this update delay."""
    page = await chromium.new_page()
    await page.add_init_script(WATCHED)
    await page.goto(f"{url}/?delay={delay}")
    await shows(page, "0")
    return page


async def shows(page: Page, total: str, state: str = "current") -> None:
    """Return when it shows this sum of all, and how sure it is."""
    last = page.locator(f"#sheet.{state} tr:last-child td:last-child")
    await expect(last).to_have_text(total, timeout=SOON)


async def test_W5_own_edits_are_at_once_others_later_and_sums_always_agree(
    nats: str, sqlite: str, chromium: Browser
) -> None:
    """A page that gives others an hour shows its own edit, and what it waited for with it. All that
    is drawn while two pages write, on two servers, is of one moment.
    """
    async with (
        served(site(nats, sqlite), ends=True) as one,
        served(site(nats, sqlite), ends=True) as two,
    ):
        mine = await opened(chromium, one.http, delay=3600)
        other = await opened(chromium, two.http, delay=0)
        await other.click("#sheet button >> nth=0")
        await shows(other, "1")
        await shows(mine, "0", "updating")
        await mine.click("#sheet button >> nth=4")
        await shows(mine, "2")
        await shows(other, "2")
        await mine.fill("#delay", "0")
        await asyncio.gather(*(page.evaluate(f"picks({PICKS})") for page in (mine, other)))
        for page in (mine, other):
            await shows(page, str(2 + 2 * PICKS))
            sheets: list[Sheet] = await page.evaluate("seen")
            assert len(sheets) > PICKS
            assert [each for each in sheets if not agrees(each)] == []
            assert "disagreed 0 times" in (await page.text_content("#told") or "")
