"""Pages in a real browser: on two servers, under a gateway that is killed, half-open, frozen."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser

from .browser import IN_BROWSER
from .conftest import Generate
from .node import HERE
from .world import KEPT, Wire, shows, world

pytestmark = IN_BROWSER
SEEN = """state => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true })
  document.dispatchEvent(new Event("visibilitychange"))
}"""
"""What a browser does when a tab is hidden, or shown again."""


@pytest.fixture
def kit(generate: Generate) -> Path:
    """The JavaScript of the contract."""
    return generate(HERE.parent / "conformance")


async def test_W5_own_changes_show_at_once_and_others_soon(
    kit: Path, nats_server: str, chromium: Browser
) -> None:
    """Two pages on two servers: a command shows in its own page without delay, whatever that is,
    and a read after it is fresh; in the other page it shows after the delay, and in one that nobody
    sees once somebody does.
    """
    async with world(chromium, nats_server, kit, doors=2) as here:
        one, two = here.doors
        mine = await here.page(one, one.fusion, delay=3600)
        other = await here.page(two, two.fusion, delay=0.25)
        patient = await here.page(two, two.fusion, delay=3600)
        unseen = await here.page(two, two.fusion, delay=0.25)
        await unseen.evaluate(SEEN, "hidden")
        read = await mine.evaluate("kit.put('a', 4).then(() => kit.doubled('a'))")
        assert read == 8
        await shows(mine, value="8", state="current")
        await shows(other, value="8", state="current")
        await shows(patient, value="0", state="updating")
        await patient.evaluate("kit.put('another', 1)")  # what waits is asked for with one's own
        await shows(patient, value="8", state="current")
        await shows(unseen, value="0", state="updating")
        await unseen.evaluate(SEEN, "visible")
        await shows(unseen, value="8", state="current")


async def test_W4_a_page_moves_to_another_gateway(
    kit: Path, nats_server: str, chromium: Browser
) -> None:
    """Its gateway is killed under it: the page says so, comes to another one without a reload,
    shows what changed meanwhile, and no command ran twice; one whose answer was lost says that.
    """
    async with world(chromium, nats_server, kit, doors=2) as here:
        one, two = here.doors
        page = await here.page(one, one.fusion, two.fusion)
        await page.evaluate("putAll(200)")
        await page.wait_for_function("answered > 10")
        one.kill()
        await here.client.put("a", 21)
        await shows(page, value="42", state="current", status="connected")
        assert "offline" in await page.evaluate("statuses")
        assert await page.evaluate("window.stayed")
        outcomes = await page.evaluate("outcomes")
        for number, outcome in enumerate(outcomes):
            times = here.kit.put_values.count(number) - (number == 21)
            assert times == 1 if outcome == number else times <= 1, (number, outcome)
            assert outcome in (number, "outcome_unknown", "unavailable")
        assert await page.evaluate("kit.put('a', 5).then(() => kit.doubled('a'))") == 10


async def test_W3_a_half_open_socket_is_found_and_left(
    kit: Path, nats_server: str, chromium: Browser
) -> None:
    """Nothing comes any more and nothing says so: the page opens another socket, and shows what it
    has missed; until then nothing is said to be current that is not proven.
    """
    async with world(chromium, nats_server, kit) as here:
        (door,) = here.doors
        wire = Wire(door.port)
        await wire.start()
        try:
            page = await here.page(door, wire.fusion)
            wire.cut()
            await here.client.put("a", 21)
            await shows(page, value="42", state="current")
            assert "offline" in await page.evaluate("statuses")
            shown = await page.evaluate("shown.map(({ value, state }) => `${value} ${state}`)")
            assert "0 current" not in shown[shown.index("0 current") + 1 :]
        finally:
            await wire.close()


async def test_W4_a_page_that_was_frozen_is_live_again(
    kit: Path, nats_server: str, chromium: Browser
) -> None:
    """As by a laptop's sleep: its server was restarted meanwhile, and things have changed."""
    async with world(chromium, nats_server, kit) as here:
        (door,) = here.doors
        page = await here.page(door, door.fusion)
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
        door.kill()
        await here.client.put("a", 21)
        await door.start()
        await devtools.send("Page.setWebLifecycleState", {"state": "active"})
        await shows(page, value="42", state="current", status="connected")
        assert await page.evaluate("window.stayed")


async def test_W7_a_reload_without_a_gateway_shows_the_last_state(
    kit: Path, nats_server: str, chromium: Browser
) -> None:
    """At once and as offline; when there is a gateway again, what still holds is current."""
    async with world(chromium, nats_server, kit, doors=2) as here:
        gateway, pages = here.doors
        await here.client.put("a", 4)
        page = await here.page(pages, gateway.fusion, user="ann")
        async with asyncio.timeout(20):
            while not await page.evaluate(KEPT):
                pass
        gateway.kill()
        await page.reload()
        await shows(page, value="8", state="offline")
        assert await page.evaluate("shown.map(({ state }) => state)") == ["loading", "offline"]
        await gateway.start()
        await shows(page, value="8", state="current")
