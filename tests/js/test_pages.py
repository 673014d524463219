"""Pages in a real browser: on two servers, under a gateway that is killed, half-open, frozen."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser

from fusionrt import Host
from fusionrt.web import Gateway
from fusionrt.wire.limits import Timing
from tests.conformance.generated.kit import KitClient
from tests.conformance.kit import KitHere
from tests.natsserver import NatsServer
from tests.waiting import until
from tests.web.serving import served

from .browser import IN_BROWSER
from .conftest import Generate
from .gateway_process import beside
from .node import HERE
from .world import KEPT, Wire, shows, world

pytestmark = IN_BROWSER
SUM = """() => import("/generated/fusion.js").then(({ computed, watch }) => {
  const keys = Array.from({ length: 2000 }, (_, index) => `key ${index}`)
  const sum = computed(async () => {
    let total = 0
    for (const each of await Promise.all(keys.map((key) => kit.doubled(key)))) total += each
    return total
  })
  window.sums = []
  watch(() => sum(), ({ value, state }) => void sums.push(`${value} ${state}`))
})"""
"""Watches what is made from 2,000 results."""
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


@pytest.mark.parametrize("others", ["origins", "servers"])
async def test_W4_a_page_moves_to_another_gateway(
    kit: Path, nats_server: str, chromium: Browser, others: str
) -> None:
    """Its gateway is killed under it: the page says so, comes to another one, which it knew or was
    told of, without a reload, shows what changed meanwhile, and no command ran twice; one whose
    answer was lost says that.
    """
    async with world(chromium, nats_server, kit, doors=2, others=others) as here:
        one, two = here.doors
        known = [two.fusion] if others == "origins" else []
        page = await here.page(one, one.fusion, *known)
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


async def test_W4_a_balancer_may_send_a_page_elsewhere(
    kit: Path, nats_server: str, chromium: Browser
) -> None:
    """All gateways have one address: a page that comes to another one than before, while the first
    still runs, has all that it watches, and every command has run once.
    """
    async with world(chromium, nats_server, kit, doors=2) as here:
        wire = Wire(here.doors[0].port)
        await wire.start()
        try:
            page = await here.page(here.doors[0], wire.fusion)
            await page.evaluate("putAll(150)")
            for turn in range(1, 4):
                await page.wait_for_function(f"answered > {10 * turn}")
                wire.lead(here.doors[turn % 2].port)
                await here.client.put("a", turn)
                await shows(page, value=str(2 * turn), state="current", status="connected")
            outcomes = await page.evaluate("outcomes")
            assert await page.evaluate("window.stayed")
            for number, outcome in enumerate(outcomes):
                times = here.kit.put_values.count(number) - (number in (1, 2, 3))
                assert times == 1 if outcome == number else times <= 1, (number, outcome)
                assert outcome in (number, "outcome_unknown")
        finally:
            await wire.close()


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


async def test_W3_what_a_lost_broker_no_longer_proves_is_stale(
    kit: Path, nats_process: NatsServer, chromium: Browser
) -> None:
    """Though the page has its gateway; when the broker is back, it shows what has changed
    meanwhile, and never says again that the old value is current.
    """
    async with world(chromium, nats_process.url, kit) as here:
        (door,) = here.doors
        page = await here.page(door, door.fusion)
        nats_process.kill()
        await shows(page, value="0", state="stale", status="connected")
        await here.kit.put("a", 21)
        nats_process.start()
        await shows(page, value="42", state="current", status="connected")
        shown = await page.evaluate("shown.map(({ value, state }) => `${value} ${state}`)")
        assert "0 current" not in shown[shown.index("0 stale") :]
        assert await page.evaluate("kit.put('a', 5).then(() => kit.doubled('a'))") == 10


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


@pytest.mark.parametrize("how", ["closed", "left"])
async def test_W11_a_page_that_is_closed_says_so(
    how: str, kit: Path, nats_server: str, chromium: Browser
) -> None:
    """So nothing is held for it any more, by a gateway that would wait an hour for a silent one."""
    patient = Timing(session=3600.0)
    async with Host(nats_server) as host, Host(nats_server, timing=patient) as entrance:
        await host.serve(KitHere())
        gateway = Gateway(entrance, [KitClient])
        async with served(beside(gateway, str(kit))) as at:
            page = await chromium.new_page()
            await page.goto(f"{at.http}/kit.html?gateway=/fusion")
            await shows(page, state="current")
            (session,) = gateway.statistics().services["kit"].sessions
            assert session.held == 1
            await (
                page.close(run_before_unload=True) if how == "closed" else page.goto("about:blank")
            )
            await until(lambda: not gateway.statistics().services["kit"].sessions)
            await until(lambda: not gateway.statistics().pages)


async def test_W7_thousands_of_results_are_there_after_a_reload(
    kit: Path, nats_server: str, chromium: Browser
) -> None:
    """A list that is made from 2,000 of them, without a gateway; and what was changed meanwhile is
    all that is made anew when there is one.
    """
    async with world(chromium, nats_server, kit, doors=2) as here:
        gateway, pages = here.doors
        page = await here.page(pages, gateway.fusion, user="ann")
        await page.evaluate(SUM)
        await page.wait_for_function("sums.at(-1) === '0 current'")
        async with asyncio.timeout(60):
            while not await page.evaluate(KEPT.replace("> 0", ">= 2000")):
                pass
        gateway.kill()
        await page.reload()
        await page.wait_for_function("window.kit !== undefined")
        await page.evaluate(SUM)
        await page.wait_for_function("sums.at(-1) === '0 offline'")
        await here.client.put("key 7", 21)
        before = here.kit.doubled_keys.copy()
        await gateway.start()
        await page.wait_for_function("sums.at(-1) === '42 current'")
        assert "0 current" not in await page.evaluate("sums")
        assert here.kit.doubled_keys[len(before) :] == ["key 7"]


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
