"""Probes and metrics over HTTP, and what readiness is."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from fusionrt import Host, MissingPackage, PortTaken
from fusionrt.observing.health import Dependency
from fusionrt.observing.http import CONNECTIONS, LARGEST, observe
from fusionrt.testing import eventually
from tests.lab import LabClient, TinyLab, in_memory
from tests.natsserver import NatsServer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsServer]:
    """A broker."""
    server = NatsServer(tmp_path)
    yield server
    server.close()


async def raw(port: int, request: bytes) -> bytes:
    """What comes back for these bytes, until the connection ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = b""
    with suppress(ConnectionError):
        async with asyncio.timeout(10):
            answer = await reader.read()
    writer.close()
    return answer


async def get(port: int, path: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    """The status, the headers and the body of a page."""
    answer = await raw(port, f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    head, _, body = answer.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert int(headers["content-length"]) == len(body.encode()) or method == "HEAD"
    return int(first.split()[1]), headers, body


async def readyz(port: int) -> tuple[int, Any]:
    """What is told of readiness."""
    status, _, body = await get(port, "/readyz")
    return status, json.loads(body)


@asynccontextmanager
async def observed(host: Host) -> AsyncIterator[int]:
    """Its endpoint, at a free port."""
    async with observe(host, 0, "127.0.0.1") as port:
        yield port


async def test_the_pages_of_a_running_host() -> None:
    """It is alive, ready, and tells its metrics."""
    async with in_memory(TinyLab({"a": 1})) as pair, observed(pair.serving) as port:
        await pair.client.get("a")
        status, headers, body = await get(port, "/livez")
        assert (status, body) == (200, "alive\n")
        assert headers["cache-control"] == "no-store"
        assert await readyz(port) == (
            200,
            {
                "ready": True,
                "problems": [],
                "broker": "connected",
                "dependencies": {},
                "services": ["lab"],
            },
        )
        status, headers, body = await get(port, "/metrics?x=1")
        assert status == 200
        assert headers["content-type"].startswith("text/plain; version=0.0.4")
        assert 'fusion_registrations{service="lab"} 1' in body
        status, headers, body = await get(port, "/livez", "HEAD")
        assert (status, body, headers["content-length"]) == (200, "", "6")


async def test_what_is_no_page() -> None:
    """Is refused by its status, and the endpoint goes on."""
    async with in_memory(TinyLab()) as pair, observed(pair.serving) as port:
        assert (await get(port, "/"))[0] == 404
        status, headers, _ = await get(port, "/livez", "POST")
        assert (status, headers["allow"]) == (405, "GET, HEAD")
        assert (await raw(port, b"\0\xff nonsense\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
        long = b"GET /" + b"x" * 4 * LARGEST + b" HTTP/1.1\r\nHost: x\r\n\r\n"
        answer = await raw(port, long)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")
        assert (await get(port, "/livez"))[0] == 200


async def test_a_slow_or_greedy_peer_costs_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that says nothing is cut off; of very many at once the last are."""
    monkeypatch.setattr("fusionrt.observing.http.PATIENCE", 0.2)
    async with in_memory(TinyLab()) as pair, observed(pair.serving) as port:
        assert await raw(port, b"GET /livez") == b""
        many = [asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS + 5)]
        opened = await asyncio.gather(*many)
        for reader, writer in opened:
            with suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()
        assert (await get(port, "/livez"))[0] == 200


async def test_a_peer_that_does_not_read_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it does not take is not kept for it."""
    monkeypatch.setattr("fusionrt.observing.http.PATIENCE", 0.2)
    monkeypatch.setattr("fusionrt.observing.http.exposition", lambda _: "x" * 50_000_000)
    async with in_memory(TinyLab()) as pair, observed(pair.serving) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readexactly(1)
        await eventually(lambda: not answering())
        with suppress(ConnectionError):
            assert len(await reader.read()) < 50_000_000
        writer.close()
        assert (await get(port, "/livez"))[0] == 200


def answering() -> list[asyncio.Task[Any]]:
    """The tasks of the endpoint's connections."""
    return [task for task in asyncio.all_tasks() if "_Server.connected" in repr(task.get_coro())]


async def test_a_port_that_is_taken_is_told() -> None:
    """With the port, and what to do."""
    async with in_memory(TinyLab()) as pair:
        with socket.create_server(("127.0.0.1", 0)) as other:
            taken = other.getsockname()[1]
            with pytest.raises(PortTaken, match=rf"port {taken} on 127.0.0.1 is taken.*--health"):
                async with observe(pair.serving, taken, "127.0.0.1"):
                    pass
        with pytest.raises(PortTaken, match="cannot be used"):
            async with observe(pair.serving, 8080, "192.0.2.1"):
                pass


async def test_without_h11_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "h11", None)
    async with in_memory(TinyLab()) as pair:
        with pytest.raises(MissingPackage, match=r"fusiongen\[health\]"):
            async with observe(pair.serving, 0):
                pass


async def test_a_host_that_does_not_run_is_not_ready() -> None:
    """Before it is entered, and after it was left."""
    host = Host()
    assert not host.ready
    async with in_memory(TinyLab()) as pair:
        assert pair.serving.ready
        async with observed(host) as port:
            assert (await get(port, "/metrics"))[0] == 503
            assert (await readyz(port))[0] == 503
    assert not pair.serving.ready
    assert pair.serving.health().problems == ("the host is stopping",)


async def test_readiness_follows_the_broker_and_the_hosts_of_others(nats: NatsServer) -> None:
    """Lost and found again, each with its reason."""

    def state() -> Dependency:
        return calling.health().dependencies["lab"]

    lab = TinyLab({"a": 1})
    async with Host(nats.url) as calling:
        client = calling.client(LabClient)
        assert calling.ready
        assert state() is Dependency.UNUSED
        async with Host(nats.url) as serving:
            await serving.serve(lab)
            await client.get("a")
            assert state() is Dependency.CONNECTED
            nats.kill()
            await eventually(lambda: not calling.ready)
            assert calling.health().problems[0] == "the connection to the broker is lost"
            nats.start()
            await eventually(lambda: calling.ready and state() is Dependency.CONNECTED, timeout=15)
        with pytest.raises(Exception, match="lab"):
            await client.with_options(timeout=5).echo("x")
        assert state() is Dependency.LOST
        assert calling.health().problems == ("no host serves lab",)
        async with Host(nats.url) as serving:
            await serving.serve(TinyLab())
            assert await client.echo("x") == "x"
            assert calling.ready


APPLICATION = """
import asyncio
from fusionrt import Host
from tests.lab import TinyLab

async def app(host: Host) -> None:
    await asyncio.to_thread(input)
    lab = TinyLab({"a": 1})
    await host.serve(lab)
    await host.run_forever()
    await lab.gate.wait()  # it does not end by itself at once
"""


async def test_an_application_answers_probes_from_its_start_to_its_end(
    nats: NatsServer, tmp_path: Path
) -> None:
    """It is alive all the time; ready once everything is served, and not from the signal on."""
    (tmp_path / "probed.py").write_text(APPLICATION)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fusionrt", "probed:app", "--nats", nats.url),
        *("--health", f"127.0.0.1:{port}"),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        await answers(port)
        status, told = await readyz(port)
        assert (status, told["problems"]) == (503, ["the application is starting"])
        assert process.stdin is not None
        process.stdin.write(b"\n")
        assert process.stdout is not None
        assert b"serving on" in await process.stdout.readline()
        status, told = await readyz(port)
        assert (status, told["services"]) == (200, ["lab"])
        assert 'fusion_sessions{service="lab",side="host"} 0' in (await get(port, "/metrics"))[2]
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            while (await readyz(port))[0] == 200:
                pass
        status, told = await readyz(port)
        assert (status, told["problems"]) == (503, ["the host is stopping"])
        assert (await get(port, "/livez"))[0] == 200
    finally:
        process.kill()
        await process.communicate()


async def answers(port: int) -> None:
    """Wait until somebody listens there."""
    async with asyncio.timeout(20):
        while True:
            try:
                await get(port, "/livez")
                return
            except OSError:
                await asyncio.sleep(0.02)


@pytest.mark.parametrize("wrong", ["x", "1:", "70000", "localhost:http"])
async def test_what_is_no_port_is_refused(wrong: str) -> None:
    """On the command line, with what it may be."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "fusionrt", "probed:app", "--health", wrong),
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()
    assert process.returncode == 2
    assert b"neither PORT nor ADDRESS:PORT" in told
