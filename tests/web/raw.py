"""A WebSocket without any protocol above it, for whoever means no good."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from fusionrt.web.page import framed, unframed
from fusionrt.wire.envelopes import HostEnvelope, decode_host_envelope, encode_client_envelope
from fusionrt.wire.frames import VERSION, ClientFrame, Hello, Welcome

__all__ = ["Raw", "raw"]

GEN = 42


class Raw:
    """One socket. cookie: what the gateway set; empty if it set none."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        response = socket.response
        assert response is not None
        self.cookie = response.headers.get("set-cookie", "").partition(";")[0]

    async def say(
        self,
        *frames: ClientFrame,
        service: str = "products",
        cid: str = "c1",
        principal: str = "anonymous",
        proof: bytes = b"",
        last: int = 0,
    ) -> None:
        """Send one envelope."""
        envelope = encode_client_envelope(cid, principal, GEN, last, frames, proof)
        await self.socket.send(framed(service, envelope))

    async def hear(self) -> HostEnvelope:
        """The next envelope."""
        data = await self.socket.recv()
        assert isinstance(data, bytes)
        return decode_host_envelope(unframed(data)[1])

    async def welcomed(self, cid: str = "c1") -> bytes:
        """Say hello, and get the proof."""
        await self.say(Hello(1, VERSION), cid=cid)
        welcome = await self.hear()
        assert isinstance(welcome.frames[0], Welcome) and welcome.proof
        return welcome.proof

    async def code(self) -> int | None:
        """Why it is closed, when it is."""
        try:
            while True:
                await self.socket.recv()
        except ConnectionClosed:
            return self.socket.close_code


@asynccontextmanager
async def raw(url: str, cookie: str = "", **headers: str) -> AsyncIterator[Raw]:
    """Connect."""
    named = {"Cookie": cookie, **headers} if cookie else headers
    async with connect(url, additional_headers=named, compression=None, max_size=None) as socket:
        yield Raw(socket)
