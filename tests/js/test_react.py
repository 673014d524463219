"""Components of React and of Preact, in a real browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from .browser import IN_BROWSER
from .conftest import Generate
from .libraries import write_libraries
from .node import HERE
from .shared import once
from .world import shows, world

pytestmark = IN_BROWSER


@pytest.fixture
def kit(generate: Generate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The JavaScript of the contract, and the libraries."""

    def write(folder: Path) -> None:
        shutil.copytree(generate(HERE.parent / "conformance"), folder, dirs_exist_ok=True)
        write_libraries(folder / "libraries")

    return once(tmp_path_factory, "react", write)


@pytest.mark.parametrize("library", ["react", "preact"])
async def test_W5_components_show_what_services_say(
    library: str, kit: Path, nats_server: str, chromium: Browser
) -> None:
    """In strict mode, beside one that suspends: what all of them read is asked for once, shown
    again at each change, own commands' at once, and let go of by those that leave.
    """
    async with world(chromium, nats_server, kit) as here:
        (door,) = here.doors
        page = await here.open(f"{door.url}/{library}.html")
        await shows(page, one="0 current", two="0 current", three="0 current", error="undefined")
        assert await page.evaluate("computes") == 1
        await page.click("#add")
        await shows(page, one="42 current", two="42 current", three="42 current", add="add")
        assert await page.evaluate("computes") == 2
        await page.click("#fail")
        await shows(page, fail="1 of a are missing", one="2 current")
        await page.click("#other")
        await shows(page, one="0 current", two="2 current")
        await page.click("#leave")
        await expect(page.locator("#one")).to_have_count(0)
        renders = await page.evaluate("renders")
        asked = await page.evaluate("asked.length")
        for value in range(3, 6):
            await here.client.put("b", value)
            await here.client.put("a", value)
            await shows(page, two=f"{2 * value} current", three=f"{2 * value} current")
        keys = await page.evaluate("asked")
        # Effects are let go of some time after a component left: of three changes, one is late.
        assert sum("b" in key for key in keys[asked:]) <= 1, "nobody shows that any more"
        assert await page.evaluate("renders") > renders
