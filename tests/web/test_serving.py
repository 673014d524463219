"""Gateways as real processes behind the same services: one drains, is killed, or is not there."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

import pytest
from shop.generated.products import ProductsClient

from fusionrt import FusionError, Host, PortTaken
from fusionrt.applications import TargetError
from fusionrt.web.page import Code
from fusionrt.web.serving import serve
from tests.e2e.processes import PATHS, ServiceProcess
from tests.waiting import until

from .page import PageTransport
from .world import until_value


class Running:
    """`fusiongen gateway`, in a process of its own."""

    def __init__(self, process: Process, url: str) -> None:
        self.process = process
        self.url = url


@asynccontextmanager
async def gateway(nats: str, port: int = 0) -> AsyncIterator[Running]:
    """Start one; at the end it is killed if it still runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fusiongen", "gateway", "tests.web.app:gateway"),
        *("--nats", nats, "--port", str(port)),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, PATHS))},
        stdout=PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(30):
            line = (await process.stdout.readline()).decode()
        found = re.match(r"a gateway at http://(127\.0\.0\.1:\d+/fusion) to nats://", line)
        assert found, line
        yield Running(process, f"ws://{found[1]}/ws")
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def shop(nats_server: str) -> AsyncIterator[str]:
    """The services, in a process of their own, and their broker."""
    async with ServiceProcess("tests.web.app:shop", nats_server):
        yield nats_server


@asynccontextmanager
async def page(*urls: str) -> AsyncIterator[tuple[ProductsClient, PageTransport]]:
    """A page that knows these gateways, as behind a balancer."""
    transport = PageTransport(urls)
    async with Host(transport=transport) as host:
        yield host.client(ProductsClient), transport


@pytest.mark.parametrize("how", ["SIGTERM", "SIGKILL"])
async def test_W4_a_page_moves_to_another_gateway(shop: str, how: str) -> None:
    """When its own one is stopped, or killed: what it watches goes on, what changed meanwhile is
    told, and each command has run once."""
    async with AsyncExitStack() as exits:
        first = await exits.enter_async_context(gateway(shop))
        second = await exits.enter_async_context(gateway(shop))
        products, transport = await exits.enter_async_context(page(first.url, second.url))
        changes = products.changes.get("pen")
        price = (await anext(changes)).value
        assert price is not None and price.price == 2
        first.process.send_signal(getattr(signal, how))
        other, _ = await exits.enter_async_context(page(second.url))
        changed = await other.set_price("pen", Decimal(3))
        await until_value(changes, changed)
        assert await products.set_price("pen", Decimal(4)) == await products.get("pen")
        await first.process.wait()
        if how == "SIGTERM":
            assert first.process.returncode == 0
            assert transport.codes == [Code.LEAVING]


async def test_W4_a_page_comes_back_to_a_gateway_that_was_restarted(shop: str) -> None:
    """On the same port, with nothing of what it knew."""
    async with AsyncExitStack() as exits:
        async with gateway(shop) as first:
            products, transport = await exits.enter_async_context(page(first.url))
            changes = products.changes.get("pen")
            assert (await anext(changes)).value is not None
            first.process.kill()
        await until(lambda: transport.codes)
        port = int(first.url.split(":")[2].partition("/")[0])
        await exits.enter_async_context(gateway(shop, port))
        await until(lambda: transport.sockets, within=30.0)
        assert await products.get("pen") is not None
        changed = await products.set_price("pen", Decimal(3))
        await until_value(changes, changed)


async def _run(target: str, port: int) -> None:
    await serve(target, None, "127.0.0.1", port, lambda host, port: None)


async def test_a_port_that_is_taken_says_so() -> None:
    """Before anything is started."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortTaken, match="--port"):
        await _run("tests.web.app:gateway", taken.getsockname()[1])


@pytest.mark.parametrize(
    "target", ["tests.web.app", "tests.web.app:none", "tests.web.nothing:gateway", "os:getcwd"]
)
async def test_what_is_no_gateway_says_so(target: str) -> None:
    """With what to write instead."""
    with pytest.raises(FusionError, match=r"def gateway\(host: Host\) -> Gateway") as problem:
        await _run(target, 0)
    assert isinstance(problem.value, TargetError)
