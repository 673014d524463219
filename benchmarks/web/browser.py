"""A page in a real browser: how soon it has what a page on another server changes; and how soon it
shows a list that is made from 2,000 results, from when a reload began.

    python -m benchmarks.web.browser

Prints what it found.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from pathlib import Path
from typing import Final

from playwright.async_api import Page

from tests.js.browser import browser
from tests.js.conftest import write_javascript
from tests.js.node import HERE
from tests.js.world import KEPT, World, world
from tests.natsserver import NatsServer

__all__: list[str] = []

CHANGES: Final = 50
VISITS: Final = 5
COUNT: Final = 2_000
CHANGE: Final = """
async (value) => {
  const at = performance.timeOrigin + performance.now()
  await kit.put("a", value)
  return [at, performance.timeOrigin + performance.now()]
}
"""
SEEN: Final = """
async (value) => {
  while (shown.at(-1)?.value !== 2 * value) await new Promise((go) => setTimeout(go, 0))
  return performance.timeOrigin + performance.now()
}
"""
"""A look every four milliseconds, as browsers let timers be."""
LIST: Final = """
async ([count, reloaded]) => {
  const began = reloaded ? 0 : performance.now() // 0: when the page began to load
  const { computed, watch } = await import("/generated/fusion.js")
  const keys = Array.from({ length: count }, (_, index) => `key ${index}`)
  const sum = computed(async () => {
    let total = 0
    for (const each of await Promise.all(keys.map((key) => kit.doubled(key)))) total += each
    return total
  })
  const found = {}
  return new Promise((done) => {
    const stop = watch(() => sum(), ({ value, state }) => {
      if (value === undefined) return
      found.shown ??= performance.now() - began
      if (state !== "current") return
      stop()
      done([found.shown, performance.now() - began])
    })
  })
}
"""


async def _changes(here: World) -> None:
    one, two = here.doors
    mine, other = await here.page(one, one.fusion), await here.page(two, two.fusion)
    seconds = []
    for value in range(1, CHANGES + 1):
        seen = asyncio.create_task(other.evaluate(SEEN, value))
        began, _ = await mine.evaluate(CHANGE, value)
        seconds.append(await seen - began)
    seconds.sort()
    median, last = statistics.median(seconds), seconds[-1]
    print(f"a change shows on the other server after {median:.0f} ms, at most {last:.0f} ms")


async def _visits(here: World) -> None:
    one, _ = here.doors
    page = await here.page(one, one.fusion, user="ann")
    shown, current = await page.evaluate(LIST, [COUNT, False])
    print(f"{COUNT} results, not cached: {shown:.0f} ms, current after {current:.0f} ms")
    await _kept(page)
    found = []
    for _ in range(VISITS):
        await page.reload()
        await page.wait_for_function("window.kit !== undefined")
        found.append(await page.evaluate(LIST, [COUNT, True]))
    shown, current = (statistics.median(each) for each in zip(*found, strict=True))
    print(f"{COUNT} results, after a reload: {shown:.0f} ms, current after {current:.0f} ms")


async def _kept(page: Page) -> None:
    """Return when all of them are in the browser's database."""
    async with asyncio.timeout(60):
        while not await page.evaluate(KEPT.replace("> 0", f">= {COUNT}")):
            pass


async def _measure(nats: str, generated: Path) -> None:
    async with browser() as chromium, world(chromium, nats, generated, doors=2) as here:
        await _changes(here)
        await _visits(here)


def main() -> None:
    """Measure both."""
    with tempfile.TemporaryDirectory() as folder:
        generated, nats = Path(folder, "generated"), Path(folder, "nats")
        generated.mkdir()
        nats.mkdir()
        write_javascript(HERE.parent / "conformance", generated)
        server = NatsServer(nats)
        try:
            asyncio.run(_measure(server.url, generated))
        finally:
            server.close()


if __name__ == "__main__":
    main()
