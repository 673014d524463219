"""The client's end of Socket.IO on a WebSocket: packets of text that begin with their types."""

from __future__ import annotations

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from ..contracts import Written
from . import Seen

__all__ = ["open_page"]

_OPEN, _PING, _CONNECTED, _EVENT, _ANSWER = b"0", b"2", b"40", b"42", b"430"
_changed = msgspec.json.Decoder(tuple[str, int, Written]).decode
_texts = msgspec.json.Decoder(tuple[dict[int, Written]]).decode


class _Page(WSListener):  # type: ignore[misc]
    def __init__(self, keys: range, seen: Seen) -> None:
        super().__init__()
        self._keys = keys
        self._seen = seen

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            return
        assert frame.msg_type == WSMsgType.TEXT, frame.msg_type
        packet = frame.get_payload_as_bytes()
        if packet.startswith(_EVENT):
            self._seen.saw(_changed(packet[2:])[2].at)
        elif packet == _PING:
            transport.send(WSMsgType.TEXT, b"3")
        elif packet.startswith(_ANSWER):
            for text in _texts(packet[3:])[0].values():
                self._seen.saw(text.at)
        elif packet.startswith(_CONNECTED):
            transport.send(WSMsgType.TEXT, b"420" + msgspec.json.encode(["watch", [*self._keys]]))
        else:
            assert packet.startswith(_OPEN), packet
            transport.send(WSMsgType.TEXT, b"40")


async def open_page(port: int, keys: range, seen: Seen) -> object:
    """See `Opened`."""
    url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
    return await ws_connect(lambda: _Page(keys, seen), url, websocket_handshake_timeout=None)
