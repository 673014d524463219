"""`Incoming`: a stream from a host, as its reader sees it (D18)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Self

from ...errors import FusionError
from ...wire.frames import Ending
from ...wire.runs import Request
from .answer import Failed

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Incoming"]


class Incoming(AsyncIterator[bytes]):
    """The items of one stream, each once and in order; taking one lets the host send more (D18).

    session, id: where it was asked for.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.session: Session | None = None
        self.id = 0
        self._items: deque[tuple[int, bytes]] = deque()
        self._end: FusionError | None = None
        self._over = False
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
            if self._over:
                raise StopAsyncIteration if self._end is None else self._end
            self._woken.clear()
            await self._woken.wait()
        index, payload = self._items.popleft()
        if self.session is not None:
            self.session.consumed(self, index)
        return payload

    def give_up(self, why: FusionError | None = None) -> None:
        """Nobody reads it any more: its host stops (D19).

        why: is raised for whoever reads on all the same, if there was more to come.
        """
        if self._items or not self._over:
            self._items.clear()
            self._over = True
            self._end = why
            self._woken.set()
        if self.session is not None:
            self.session.cancel(self)

    # -- what the session says --

    def received(self, index: int, payloads: tuple[bytes, ...]) -> None:
        """Items came, from this index on."""
        self._items.extend(enumerate(payloads, index))
        self._woken.set()

    def ended(self, failure: Ending | None) -> None:
        """The host ended it."""
        self._finish(None if failure is None else Failed(failure))

    def fail(self, error: FusionError) -> None:
        """Nothing follows what is here."""
        self._finish(error)

    def _finish(self, error: FusionError | None) -> None:
        if not self._over:
            self._over = True
            self._end = error
            self._woken.set()
