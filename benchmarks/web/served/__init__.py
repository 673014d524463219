"""What pages connect to: one process of each peer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from importlib import import_module

from ..cases import PEERS

__all__ = ["Server", "load"]


@dataclass(frozen=True)
class Server:
    """serve: given the broker's URL, serves inside the block; gives the port.
    loop: makes its event loop; asyncio's own unless the peer is faster on another one.
    """

    serve: Callable[[str], AbstractAsyncContextManager[int]]
    loop: Callable[[], asyncio.AbstractEventLoop] | None = None


def load(peer: str) -> Server:
    """That of a peer, imported here, so that no process has another's modules."""
    server = import_module(f"{__name__}.{PEERS[peer][0]}").SERVER
    assert isinstance(server, Server)
    return server
