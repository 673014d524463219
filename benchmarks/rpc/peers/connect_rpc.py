"""Connect's own protocol, with Google's protobuf, without compression: its client is in Rust
(pyqwest), its server is an ASGI application under uvicorn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ..stubs import stub
from . import Client, Peer
from .asgi import new_loop, serve
from .protobuf import Bodies, client_of

__all__ = ["PEER"]

_stubs = stub("bench_connect")


@asynccontextmanager
async def _serve(url: str) -> AsyncIterator[str]:
    async with serve(_stubs.BenchASGIApplication(Bodies(), compressions=())) as address:
        yield address


@asynccontextmanager
async def _connect(address: str) -> AsyncIterator[Client]:
    async with _stubs.BenchClient(address, send_compression=None, accept_compression=()) as bench:
        yield client_of(bench.sum, bench.get_user, bench.say_hello, bench.sum_waiting, bench.items)


PEER = Peer(_serve, _connect, new_loop)
