"""`Incoming`: a stream from a host, as its reader sees it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Self

from ..errors import FusionError
from ..wire.calls import Request
from ..wire.frames import Ending
from .answer import Failed

if TYPE_CHECKING:
    from .peer import Peer

__all__ = ["Incoming"]


class Incoming(AsyncIterator[bytes]):
    """The items of one stream, each once and in order; taking one lets the host send more (D18)."""

    def __init__(self, request: Request, peer: Peer) -> None:
        self.request = request
        self.id = 0
        """In the session that it runs through."""
        self._peer = peer
        self._items: deque[tuple[int, bytes]] = deque()
        self._end: FusionError | StopAsyncIteration | None = None
        self._woken = asyncio.Event()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The next item.

        Raises:
            Failed: the stream's body failed.
            RemoteUnavailable: its host was lost.
        """
        while not self._items:
            if self._end is not None:
                raise self._end
            self._woken.clear()
            await self._woken.wait()
        index, payload = self._items.popleft()
        self._peer.consumed(self.id, index)
        return payload

    def cancel(self) -> None:
        """Nobody reads it any more: its host stops (D19)."""
        if self._end is None:
            self.fail(StopAsyncIteration())
            self._peer.cancel(self.id)

    def received(self, index: int, payload: bytes) -> None:
        """An item came."""
        self._items.append((index, payload))
        self._woken.set()

    def ended(self, failure: Ending | None) -> None:
        """The host ended it."""
        self.fail(StopAsyncIteration() if failure is None else Failed(failure))

    def fail(self, end: FusionError | StopAsyncIteration) -> None:
        """Nothing follows what is here."""
        if self._end is None:
            self._end = end
            self._woken.set()
