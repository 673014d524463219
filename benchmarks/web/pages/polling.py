"""A page that asks for the texts of its keys again and again, by a connection that it keeps."""

from __future__ import annotations

import asyncio
import random
from typing import cast

import httptools
import msgspec

from ..cases import POLL
from ..contracts import Written
from . import Seen

__all__ = ["open_page"]

_texts = msgspec.json.Decoder(dict[int, Written]).decode


class _Page(asyncio.Protocol):
    def __init__(self, keys: range, seen: Seen) -> None:
        path = f"/texts?keys={','.join(map(str, keys))}"
        self._request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
        self._seen = seen
        self._at: dict[int, int] = {}
        self._body: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's has another base
        self._parser = httptools.HttpResponseParser(self)
        self._poll()
        self._due += POLL * random.random()  # from then on, each at its own moments

    def _poll(self) -> None:
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        texts = _texts(b"".join(self._body))
        self._body.clear()
        for key, text in texts.items():
            if self._at.get(key) != text.at:
                self._at[key] = text.at
                self._seen.saw(text.at)
        self._due = max(self._due + POLL, self._loop.time())
        self._loop.call_at(self._due, self._poll)


async def open_page(port: int, keys: range, seen: Seen) -> object:
    """See `Opened`."""
    loop = asyncio.get_running_loop()
    return await loop.create_connection(lambda: _Page(keys, seen), "127.0.0.1", port)
