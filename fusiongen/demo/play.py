"""`fusiongen demo`: the example's services in processes of their own, and prices that change."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import typer

from fusionrt import FusionError, RemoteUnavailable
from fusionrt.broker import Broker
from fusionrt.children import start_child, stop_child
from fusionrt.signals import stop_signals

from ..commands.call import Call
from ..commands.live import Live
from ..output.write import generate
from ..project import load
from ..resources import folder

__all__ = ["show"]

EDITS: Final = 12
PAUSE: Final = 0.8
"""Seconds between edits."""
PRICES: Final = {"apple": Decimal("2.00"), "banana": Decimal("0.50")}
CONTENTS: Final = {"apple": ("1",), "banana": ("1", "2")}
"""Which carts a product is in; see the example's `app.py`."""


async def show(*, forever: bool) -> None:
    """Run the demo: about 15 s, or with `forever` until it is interrupted.

    Raises:
        FusionError: a process did not come up.
    """
    with tempfile.TemporaryDirectory(prefix="fusiongen-demo-") as directory:
        here = Path(directory)
        _say("generating the code of examples/cart")
        shutil.copytree(folder("examples") / "cart", here, dirs_exist_ok=True)
        generate(load(here))
        async with _broker() as url:
            _say(f"the broker listens on {url}")
            with _processes(here, url) as watcher:
                async with Live.connect(url) as live:
                    await _run(live, _Screen(), watcher, forever)


async def _run(
    live: Live, screen: _Screen, watcher: subprocess.Popen[bytes], forever: bool
) -> None:
    lines = asyncio.create_task(_follow(watcher, screen))
    try:
        with stop_signals() as stop:
            await _until(live, screen, watcher)
            _say("three processes run: Products, Carts, a watcher that reads the carts' totals\n")
            edits = 0
            while not stop.is_set() and (forever or edits < EDITS):
                await screen.edit(live)
                edits += 1
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), PAUSE)
            await _summary(live, screen)
    finally:
        lines.cancel()


@dataclass
class _Screen:
    """What has been shown."""

    prices: dict[str, Decimal] = field(default_factory=lambda: dict(PRICES))
    products: Iterator[str] = field(default_factory=lambda: itertools.cycle(PRICES))
    totals: dict[str, str] = field(default_factory=dict)
    edited: float = 0.0
    latencies: list[float] = field(default_factory=list)
    reads: int = 0
    changes: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def edit(self, live: Live) -> None:
        """Change the price of a product; the carts that it is in must follow."""
        product = next(self.products)
        old = self.prices[product]
        new = self.prices[product] = old + random.choice((1, -1, 2, 3)) * Decimal("0.05")
        typer.echo(f"price of {typer.style(product, bold=True):<6} {old} → {new}")
        expected = self.changes + len(CONTENTS[product])
        self.edited = time.monotonic()
        call = Call("products", "set_price", (json.dumps(product), json.dumps(str(new))))
        async for _ in live.call(call, 5.0):
            pass
        async with asyncio.timeout(5.0):
            while self.changes < expected:
                self.arrived.clear()
                await self.arrived.wait()

    def change(self, line: dict[str, Any]) -> None:
        """The watcher saw a total."""
        cart, total = line["cart"], line["total"]
        before = self.totals.get(cart)
        self.totals[cart] = total
        self.reads = line["reads"]
        if before is not None:
            latency = line["at"] - self.edited
            self.latencies.append(latency)
            self.changes += 1
            shown = typer.style(total, fg=typer.colors.GREEN, bold=True)
            typer.echo(
                f"  cart {cart}: {before} → {shown}   after {latency * 1000:.1f} ms   "
                + typer.style(line["reason"], dim=True)
            )
        self.arrived.set()


async def _summary(live: Live, screen: _Screen) -> None:
    bodies = sum([(await live.describe(name)).bodies for name in ("products", "carts")])
    typer.echo("")
    if screen.latencies:
        median = statistics.median(screen.latencies) * 1000
        worst = max(screen.latencies) * 1000
        _say(
            f"{screen.changes} totals changed live; from the command to the new value in another "
            f"process: median {median:.1f} ms, worst {worst:.1f} ms"
        )
    _say(f"{screen.reads:,} reads were served, {bodies} bodies ran")


async def _follow(watcher: subprocess.Popen[bytes], screen: _Screen) -> None:
    """Take what the watcher prints."""
    assert watcher.stdout is not None
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), watcher.stdout)
    while line := await reader.readline():
        if line.startswith(b"{"):
            screen.change(json.loads(line))
        else:
            typer.echo(line.decode(), err=True, nl=False)


async def _until(live: Live, screen: _Screen, watcher: subprocess.Popen[bytes]) -> None:
    """Wait for both services, and for the watcher's first look at both carts."""
    async with asyncio.timeout(20.0):
        while len(screen.totals) < 2:
            if watcher.poll() is not None:
                raise FusionError("the watcher ended; what it said stands above")
            try:
                await live.describe("carts")
            except RemoteUnavailable:
                continue
            await asyncio.sleep(0.05)


@asynccontextmanager
async def _broker() -> AsyncIterator[str]:
    """The embedded broker, on a port of its own: a demo meets nobody else's services."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    async with await Broker.start(port=port) as broker:
        yield broker.url


@contextmanager
def _processes(here: Path, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Products, Carts and the watcher; yields the watcher."""
    with ExitStack() as stack:

        def start(*arguments: str, output: int) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-m", *arguments]
            process = start_child(command, output, directory=str(here))
            stack.callback(stop_child, process)
            return process

        start("fusionrt", "shop.app:products", "--nats", url, output=subprocess.DEVNULL)
        start("fusionrt", "shop.app:carts", "--nats", url, output=subprocess.DEVNULL)
        yield start("shop.watcher", url, output=subprocess.PIPE)


def _say(text: str) -> None:
    typer.echo(typer.style(text, fg=typer.colors.CYAN))
