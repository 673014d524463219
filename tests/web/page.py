"""A page, played by the client's wing over a real WebSocket: what JavaScript does in a browser."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from fusionrt.primitives import spawn
from fusionrt.transport import (
    Handler,
    Journal,
    Kept,
    Listener,
    Message,
    Subscription,
    Table,
    TransportStatistics,
)
from fusionrt.web.page import framed, unframed
from fusionrt.wire.envelopes import decode_host_envelope
from fusionrt.wire.frames import Farewell

__all__ = ["PageTransport"]

PAUSE: Final = 0.02
"""Seconds until it looks for a gateway again that it did not find."""


class _Subscribed:
    def __init__(self, subject: str, handler: Handler) -> None:
        self.subject = subject
        self.handler: Handler | None = handler

    async def unsubscribe(self) -> None:
        self.handler = None


class PageTransport:
    """See `Transport`. urls: of gateways, of which it takes the next one each time.

    cookie: what a gateway has set; it is shown the next time. codes: why sockets were closed.
    """

    max_payload: Final = 1024 * 1024

    def __init__(self, urls: Sequence[str], origin: str = "", cookie: str = "") -> None:
        self.cookie = cookie
        self.codes: list[int] = []
        self.sockets: deque[ClientConnection] = deque()
        """The newest is first: what is new goes there."""
        self._urls = list(urls)
        self._origin = origin
        self._opened = 0
        self._lost = 0
        self._subscribed: _Subscribed | None = None
        self._listeners: list[Listener] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._hosts: dict[str, ClientConnection] = {}
        """By which socket each gateway is spoken to."""
        self._outgoing: asyncio.Queue[tuple[ClientConnection, bytes]] = asyncio.Queue()
        self._spawn(self._write())
        self.connect()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = spawn(work, name="page")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def connect(self) -> None:
        """Open another socket."""
        self._spawn(self._run())

    async def _run(self) -> None:
        while True:
            url = self._urls[self._opened % len(self._urls)]
            self._opened += 1
            headers = {"Cookie": self.cookie} if self.cookie else {}
            if self._origin:
                headers["Origin"] = self._origin
            try:
                socket = await connect(
                    url, additional_headers=headers, max_size=None, compression=None
                )
            except (OSError, InvalidHandshake, ConnectionClosed):
                await asyncio.sleep(PAUSE)
                continue
            break
        if socket.response is not None and "set-cookie" in socket.response.headers:
            self.cookie = socket.response.headers["set-cookie"].partition(";")[0]
        self.sockets.appendleft(socket)
        for listener in list(self._listeners):
            listener.reconnected()
        await self._read(socket)

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for data in socket:
                assert isinstance(data, bytes)
                service, payload = unframed(data)
                self._received(socket, service, payload)
        self.codes.append(socket.close_code or 0)
        was_used = self.sockets and self.sockets[0] is socket
        with suppress(ValueError):
            self.sockets.remove(socket)
        if was_used or not self.sockets:
            for listener in list(self._listeners):
                listener.disconnected("gateway")
            if not self.sockets:
                self.connect()

    def _received(self, socket: ClientConnection, service: str, payload: bytes) -> None:
        envelope = decode_host_envelope(payload)
        self._hosts[envelope.iid] = socket
        leaves = any(isinstance(frame, Farewell) for frame in envelope.frames)
        if leaves and self.sockets and self.sockets[0] is socket:
            self.sockets.remove(socket)
            self.connect()
        if self._subscribed is not None and self._subscribed.handler is not None:
            subject = self._subscribed.subject.removesuffix(">") + service
            self._subscribed.handler(Message(subject, payload))

    async def _write(self) -> None:
        while True:
            socket, data = await self._outgoing.get()
            with suppress(ConnectionClosed):
                await socket.send(data)
            self._outgoing.task_done()

    def publish(self, subject: str, payload: bytes, reply: str = "", *, held: bool = False) -> None:
        """See `Transport`."""
        _, kind, service, *rest = subject.split(".")
        socket = self._hosts.get(rest[0]) if kind == "i" else None
        if socket is None or socket.close_code is not None:
            socket = self.sockets[0] if self.sockets else None
        if socket is None:
            self._lost += 1
        else:
            self._outgoing.put_nowait((socket, framed(service, payload)))

    def push(self) -> None:
        """See `Transport`."""

    async def subscribe(self, subject: str, handler: Handler, queue: str = "") -> Subscription:
        """See `Transport`; there is one."""
        assert self._subscribed is None
        self._subscribed = _Subscribed(subject, handler)
        return self._subscribed

    async def flush(self, *subscriptions: Subscription) -> None:
        """See `Transport`."""

    def table(self, name: str) -> Table:
        raise NotImplementedError

    def journal(self, name: str, subject: str, kept: Kept) -> Journal:
        raise NotImplementedError

    async def close(self, drain: bool = True) -> None:
        """See `Transport`."""
        if drain and self.sockets and self._tasks:
            await self._outgoing.join()
        self.vanish()
        for socket in list(self.sockets):
            await socket.close()

    def vanish(self) -> None:
        """Stop, without a word."""
        for task in list(self._tasks):
            task.cancel()

    async def stopped(self) -> None:
        """Return when nothing of it runs."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    def cut(self) -> None:
        """Break every socket."""
        for socket in list(self.sockets):
            socket.transport.abort()

    def add_listener(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def remove_listener(self, listener: Listener) -> None:
        self._listeners.remove(listener)

    def statistics(self) -> TransportStatistics:
        return TransportStatistics(0, 0, self._lost, 0, max(0, self._opened - 1))
