"""A TCP proxy before a broker: what goes wrong on a line, on demand."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Self

__all__ = ["Proxy"]

CHUNK = 64 * 1024


class Proxy:
    """Connections to a port, each forwarded to another one.

    up: towards the broker. down: away from it. Of each `passed` counts the bytes.
    target: that other port, for new connections.
    """

    def __init__(self, target: int, seed: int) -> None:
        self.port = -1
        self.passed = {"up": 0, "down": 0}
        self.target = target
        self._random = random.Random(seed)
        self._lines: dict[_Line, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = {"up": asyncio.Event(), "down": asyncio.Event()}
        self._open["up"].set()
        self._open["down"].set()
        self._refuses = self._swallows = False
        self._truncates = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        self._swallows = False
        for way in self._open.values():
            way.set()
        self._cut()
        if self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    @contextmanager
    def held(self, *ways: str) -> Iterator[None]:
        """Nothing passes, these ways; what came meanwhile passes at the end, in order."""
        for way in ways:
            self._open[way].clear()
        try:
            yield
        finally:
            for way in ways:
                self._open[way].set()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Every connection is reset, and none accepted."""
        self._refuses = True
        self._cut()
        try:
            yield
        finally:
            self._refuses = False

    @contextmanager
    def half_open(self) -> Iterator[None]:
        """What is sent is lost without a word, on new connections, too; the end is a reset."""
        self._swallows = True
        try:
            yield
        finally:
            self._swallows = False
            self._cut()

    @contextmanager
    def delayed(self) -> Iterator[None]:
        """All of it arrives, but late."""
        with self.held("up", "down"):
            yield

    @contextmanager
    def truncated(self) -> Iterator[None]:
        """What passes next is cut off in its middle, with a reset; new connections are good."""
        self._truncates = True
        try:
            yield
        finally:
            self._truncates = False

    def _cut(self) -> None:
        for line in list(self._lines):
            line.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        task: asyncio.Task[None] | None = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        line = _Line(self, reader, writer)
        self._lines[line] = None
        try:
            await line.run()
        finally:
            del self._lines[line]
            self._tasks.discard(task)

    async def passes(self, way: str, data: bytes, line: _Line) -> bytes:
        """What is forwarded of this, and when."""
        await self._open[way].wait()
        if self._swallows or not line.open:
            return b""
        if self._truncates:
            self._truncates = False
            line.ends = True
            data = data[: self._random.randrange(len(data))]
        self.passed[way] += len(data)
        return data

    async def connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._swallows:  # noqa: ASYNC110 - a test's
            await asyncio.sleep(0.01)
        return await asyncio.open_connection("127.0.0.1", self.target)


class _Line:
    """A connection, and the one that it is forwarded to."""

    def __init__(
        self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.open = True
        self.ends = False
        self._proxy = proxy
        self._reader = reader
        self._writers = [writer]

    async def run(self) -> None:
        try:
            reader, writer = await self._proxy.connected()
        except OSError:
            self.abort()
            return
        self._writers.append(writer)
        near, far = self._writers
        if not self.open:
            self.abort()
            return
        up = asyncio.create_task(self._forward("up", self._reader, far))
        down = asyncio.create_task(self._forward("down", reader, near))
        await asyncio.wait([up, down], return_when=asyncio.FIRST_COMPLETED)
        self.abort()
        await asyncio.wait([up, down])

    async def _forward(
        self, way: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        with suppress(OSError):
            while self.open and (data := await reader.read(CHUNK)):
                if data := await self._proxy.passes(way, data, self):
                    writer.write(data)
                    await writer.drain()
                if self.ends:
                    return

    def abort(self) -> None:
        self.open = False
        for writer in self._writers:
            writer.transport.abort()
