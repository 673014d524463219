"""A service, gateways in processes of their own, and pages in a browser."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from urllib.parse import urlencode

from playwright.async_api import Browser, Page, expect

from fusionrt import Host
from tests import forked
from tests.conformance.generated.kit import KitClient
from tests.conformance.kit import KitHere
from tests.waiting import until

__all__ = ["KEPT", "CountedKit", "Door", "Wire", "World", "world"]

SOON = 20_000
"""Milliseconds in which what is waited for comes, on a busy machine."""
KEPT = """
new Promise((done) => {
  const opening = indexedDB.open("fusion")
  opening.onsuccess = () => {
    const results = opening.result.transaction("results").objectStore("results").count()
    results.onsuccess = () => {
      opening.result.close()
      done(results.result > 0)
    }
  }
})
"""
"""Whether results are in the browser's database."""


class CountedKit(KitHere):
    """put_values: what was put, each time. doubled_keys: of what was doubled."""

    def __init__(self) -> None:
        super().__init__()
        self.put_values: list[int] = []
        self.doubled_keys: list[str] = []

    async def doubled(self, key: str) -> int:
        self.doubled_keys.append(key)
        return await super().doubled(key)

    async def put(self, key: str, value: int) -> int:
        self.put_values.append(value)
        return await super().put(key, value)


class Door:
    """A gateway that is a process, on a port that it keeps. others: its option by which it knows
    the origins of all.
    """

    def __init__(
        self, nats: str, port: int, generated: Path, others: str, origins: list[str]
    ) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.fusion = f"{self.url}/fusion"
        self._words = nats, str(port), str(generated), others, *origins
        self._process: BaseProcess | None = None

    async def start(self) -> None:
        """Return when it listens."""
        self._process = forked.start("tests.js.gateway_process", *self._words)
        await until(self._listens, within=30)

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.is_alive(), "the gateway stopped"
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def kill(self) -> None:
        """SIGKILL: it says goodbye to nobody."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None


class Wire:
    """A way to a gateway that can be cut so that neither end hears of it."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._open: list[asyncio.Task[None]] = []
        self._cut: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._kept: list[asyncio.StreamWriter] = []
        self.fusion = ""

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.fusion = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/fusion"

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._to)
        self._kept += [writer, back]
        for source, target in ((reader, back), (there, writer)):
            self._open.append(asyncio.create_task(self._copy(source, target)))

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                target.write(data)
            target.close()

    def cut(self) -> None:
        """Whatever is connected now moves nothing any more, and is not closed."""
        for task in self._open:
            task.cancel()
        self._open.clear()

    def lead(self, port: int) -> None:
        """Lead elsewhere, as a balancer does; whatever is connected now is closed."""
        self._to = port
        self.cut()
        for writer in self._kept:
            writer.close()
        self._kept.clear()

    async def close(self) -> None:
        self.lead(self._to)
        assert self._server is not None
        self._server.close()


class World:
    """doors: gateways in processes. kit: the bodies. client: a client that is no browser."""

    def __init__(
        self, kit: CountedKit, client: KitClient, doors: list[Door], chromium: Browser
    ) -> None:
        self.kit = kit
        self.client = client
        self.doors = doors
        self._browser = chromium

    async def open(self, url: str) -> Page:
        """A page."""
        page = await self._browser.new_page()
        page.set_default_timeout(SOON)
        await page.goto(url)
        return page

    async def page(self, at: Door, *gateways: str, delay: float = 0, user: str = "") -> Page:
        """A page that shows `doubled("a")`, and is current."""
        query = urlencode([*(("gateway", each) for each in gateways), ("delay", str(delay))])
        query += f"&user={user}" if user else ""
        page = await self.open(f"{at.url}/kit.html?{query}")
        await page.evaluate("window.stayed = true")
        await shows(page, state="current")
        return page


async def shows(page: Page, **texts: str) -> None:
    """Return when the page shows these."""
    for id, text in texts.items():
        await expect(page.locator(f"#{id}")).to_have_text(text, timeout=SOON)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@asynccontextmanager
async def world(
    chromium: Browser, nats: str, generated: Path, doors: int = 1, others: str = "origins"
) -> AsyncIterator[World]:
    """Everything ends with the block, but the browser and its pages. others: `servers`, so that
    pages are told of all doors.
    """
    async with AsyncExitStack() as exits:
        host = await exits.enter_async_context(Host(nats))
        kit = CountedKit()
        await host.serve(kit)
        elsewhere = await exits.enter_async_context(Host(nats))
        ports = [_free_port() for _ in range(doors)]
        origins = [f"http://127.0.0.1:{port}" for port in ports]
        opened = [Door(nats, port, generated, others, origins) for port in ports]
        for door in opened:
            exits.callback(door.kill)
        await asyncio.gather(*(door.start() for door in opened))
        yield World(kit, elsewhere.client(KitClient), opened, chromium)
