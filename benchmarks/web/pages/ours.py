"""The client's end of the session protocol on a WebSocket. It acts as the client in JavaScript does
with a delay of 0: what is invalidated, it asks for again, in the same turn.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import Final

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from fusionrt.web.page import framed, unframed
from fusionrt.wire import client_events as events
from fusionrt.wire.client import ClientSession
from fusionrt.wire.digest import method_id
from fusionrt.wire.envelopes import decode_host_envelope
from fusionrt.wire.frames import Kind
from fusionrt.wire.runs import Ask, Request

from ..contracts import Written
from . import Seen

__all__ = ["open_page"]

_LONGEST: Final = 60.0
_ASK: Final = Ask(Kind.COMPUTE, method_id("get"), timeout=_LONGEST)
_AGAIN: Final = 1.0
"""Seconds for which the client in JavaScript shows an error that nobody will invalidate."""
_decode = msgspec.msgpack.Decoder(Written).decode


class _Page(WSListener):  # type: ignore[misc]
    """`asked`: the arguments of each call that is made or held."""

    def __init__(self, keys: range, seen: Seen) -> None:
        super().__init__()
        now = time.monotonic()
        cid = f"c{random.getrandbits(60)}"
        self._session = ClientSession(
            cid=cid, principal="anonymous", gen=random.getrandbits(50), now=now
        )
        self._seen = seen
        self._asked: dict[int, bytes] = {}
        self._keys = keys
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._flushing = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        for key in self._keys:
            self._ask(msgspec.msgpack.encode((key,)))
        self._flush()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
            return
        if frame.msg_type == WSMsgType.CLOSE:
            return
        assert frame.msg_type == WSMsgType.BINARY, frame.msg_type
        _, envelope = unframed(frame.get_payload_as_bytes())
        self._session.receive(decode_host_envelope(envelope), time.monotonic())
        for event in self._session.events():
            match event:
                case events.Completed(ids, payloads):
                    for payload in payloads:
                        self._seen.saw(_decode(payload).at)
                    assert event.held
                case events.Invalidated(ids):
                    for id in ids:
                        self._ask(self._asked.pop(id))
                case events.Failed(id, code="overloaded"):
                    self._seen.refused += 1
                    self._loop.call_later(_AGAIN, self._ask_again, self._asked.pop(id))
                case events.Failed() | events.Gone():
                    raise AssertionError(event)
        self._changed()

    def _changed(self) -> None:
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _ask(self, arguments: bytes) -> None:
        id = self._session.call(Request(_ASK, arguments, time.monotonic() + _LONGEST))
        self._asked[id] = arguments

    def _ask_again(self, arguments: bytes) -> None:
        self._ask(arguments)
        self._changed()

    def _flush(self) -> None:
        self._flushing = False
        now = time.monotonic()
        self._session.tick(now)
        for message in self._session.outgoing(now):
            self._transport.send(WSMsgType.BINARY, framed("texts", message.data))
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(self._session.next_tick() - now, self._flush)


async def open_page(port: int, keys: range, seen: Seen) -> object:
    """See `Opened`."""
    url = f"ws://127.0.0.1:{port}/fusion/ws"
    return await ws_connect(lambda: _Page(keys, seen), url, websocket_handshake_timeout=None)
