"""The pages of the examples, in a real browser, under servers that their debug bar kills."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.docs.test_tutorial import free_port
from tests.js.browser import IN_BROWSER
from tests.natsserver import NatsServer
from tests.python import ROOT, RUNTIME
from tests.waiting import until

from .test_twoservers import process

pytestmark = IN_BROWSER
SOON = 60_000
WATCHED = """
window.stayed = true
const banner = document.getElementById("banner") ?? document.getElementById("server")
window.told = []
new MutationObserver(() => told.push(banner.hidden ? "" : banner.textContent))
  .observe(banner, { attributes: true, childList: true })
"""
"""What the banner says, whenever that changes."""
PAGES = {
    "todo": ("todo.site:app", "/", "#total.current"),
    "consistency": ("consistency.site:app", "/?delay=0", "#sheet.current td >> nth=-1"),
    "chat": ("chat.site:app", "/", "#messages.current"),
}
"""Of each: the application, the page, and what of it is there when it is proven."""


@asynccontextmanager
async def servers(example: str, nats: str, folder: Path) -> AsyncIterator[tuple[str, str]]:
    """Two servers of an example, as its README starts them; where they are."""
    parts = (ROOT / "examples" / example, ROOT / "examples" / "twoservers", RUNTIME)
    ports = (free_port(), free_port())
    database = f"sqlite+aiosqlite:///{folder / 'example.db'}"
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, parts)),
        "NATS_URL": nats,
        "DATABASE": database,
        "DATABASE_URL": database,
    }
    command = (sys.executable, "-m", "twoservers", PAGES[example][0], *ports)
    running = subprocess.Popen(command, env=env)  # noqa: ASYNC220
    try:
        await until(lambda: all(map(process, ports)), within=60)
        yield ports
    finally:
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 0


async def moved(page: Page, sockets: list[str], port: str) -> None:
    """The server of its page is killed: the page says so, and goes on at another one."""
    await page.evaluate("told.length = 0")
    await page.click("text=Kill server")
    await page.wait_for_function("told.some((text) => /offline/i.test(text))", timeout=SOON)
    await page.wait_for_function("!/offline/i.test(told.at(-1))", timeout=SOON)
    assert f":{port}/" in sockets[-1]
    assert await page.evaluate("window.stayed"), "without a reload"


@pytest.mark.parametrize(("example", "moves"), [("todo", 2), ("consistency", 1), ("chat", 1)])
async def test_W4_a_page_moves_to_the_other_server_when_its_own_is_killed(
    example: str, moves: int, tmp_path: Path, chromium: Browser
) -> None:
    """The one that it is on, first one and then the other: a banner says so, and what it shows is
    proven again.
    """
    nats = NatsServer(tmp_path, "-js", "-sd", str(tmp_path / "jetstream"))
    try:
        async with servers(example, nats.url, tmp_path) as (one, two):
            page = await chromium.new_page()
            page.set_default_timeout(SOON)
            sockets: list[str] = []
            page.on("websocket", lambda socket: sockets.append(socket.url))
            _, path, proven = PAGES[example]
            await page.goto(f"http://127.0.0.1:{one}{path}")
            await expect(page.locator(proven)).to_be_attached(timeout=SOON)
            await page.evaluate(WATCHED)
            for server in (two, one)[:moves]:
                await until(lambda: all(map(process, (one, two))), within=60)
                await moved(page, sockets, server)
                await expect(page.locator(proven)).to_be_attached(timeout=SOON)
    finally:
        nats.close()
