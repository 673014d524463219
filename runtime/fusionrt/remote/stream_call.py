"""`StreamCall`: a call whose items come one by one, or are sent so, or both (D18, D19).

Its time limit says how long it may take until something flows: until the body begins to read what
is sent, until there is a head, and from the end of what was sent to the answer. In between a stream
takes as long as it takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable
from typing import Any, Final

from ..errors import WireError
from ..rpc import Failed, Incoming, Upload, doubted
from ..wire.frames import Mark
from .failures import ITEMS
from .stream import RemoteStream
from .way import Way

__all__ = ["StreamCall"]


class StreamCall:
    """One call; ask for one of its forms, once."""

    def __init__(
        self,
        way: Way,
        items: AsyncIterable[Any] | None,
        make: Callable[[Upload | None], Incoming],
    ) -> None:
        """items: what is sent with it. make: makes the call."""
        self._way: Final = way
        self._upload = None if items is None else Upload(items, way.items.encode, way.failure)
        self._incoming = make(self._upload)

    @property
    def wrote(self) -> tuple[Mark, ...]:
        """What it changed, also in other services (D15)."""
        return self._incoming.wrote

    def results(self) -> RemoteStream:
        """The stream that comes back."""
        self._incoming.newest = self._way.skips
        return self._stream()

    def _stream(self) -> RemoteStream:
        return RemoteStream(self._incoming, self._way.results, self._error)

    async def headed(self) -> tuple[Any, ...]:
        """What comes before the stream, and the stream."""
        stream = self._stream()
        head: tuple[Any, ...] = await self._in_time(stream.head(self._way.head, self._way.skips))
        return (*head, stream)

    async def single(self) -> Any:
        """The only item."""
        return await self._in_time(self._stream().only())

    def _error(self, failed: Failed | WireError) -> Exception:
        """What a failure raises; an error of the caller's own iterator is that error again."""
        if isinstance(failed, WireError):
            return failed
        own = None if self._upload is None else self._upload.error
        if own is not None and failed.failure.code == ITEMS:
            return own
        error = self._way.error(failed.failure)
        return doubted(error) if self._incoming.doubtful else error

    async def _in_time(self, answer: Any) -> Any:
        seconds, upload = self._way.timeout, self._upload
        try:
            async with asyncio.timeout(seconds) as limit:
                if upload is not None:
                    clock = asyncio.get_running_loop().time

                    def set_to(when: float | None) -> None:
                        if not limit.expired():
                            limit.reschedule(when)

                    upload.began = lambda: set_to(None)
                    upload.ended = lambda: set_to(clock() + seconds)
                try:
                    return await answer
                finally:
                    if upload is not None:
                        upload.began = upload.ended = None
        except TimeoutError:
            if limit.expired():
                raise self._way.late() from None
            raise
