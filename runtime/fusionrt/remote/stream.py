"""`RemoteStream`: a stream as the typed client hands it out, and what a body gets of its caller's.

Nobody tells an iterator that the loop over it was left: by `break`, by an error, by a cancellation.
An asynchronous generator waits for the collector, and that for whoever keeps the loop's frame: a
task, or the traceback of an exception. So each loop gets an iterator of its own, which nothing but
the loop holds: when that is left, it is gone at once, and the host stops.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import Any, Final, Self

from ..errors import WireError
from ..primitives import run_in_loop
from ..rpc import Failed, Inbox
from ..services.passing import passed
from ..values.codecs import Codec
from ..wire.frames import Ending

__all__ = ["RemoteStream", "skipped"]

_LEFT: Final = Ending(
    "cancelled",
    "its reader left it before its end, which closed it: start it anew; "
    "to go on after a loop, make all loops over one `aiter(stream)`",
)
_NOTHING: Final = "its host answered without a result: update it"


class RemoteStream(AsyncGenerator[Any, None]):
    """Decodes the items. Their sender stops when a loop over it is left, when a read of it fails or
    is cancelled, and when it is closed or dropped; whoever reads on then is told so. Nothing can be
    sent to it.
    """

    def __init__(
        self,
        incoming: Inbox,
        codec: Codec[Any],
        error_of: Callable[[Failed | WireError], Exception],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._incoming = incoming
        self._codec = codec
        self._error_of = error_of
        self._items: deque[Any] = deque()
        """Decoded, to be handed out."""
        self._bad: WireError | None = None
        """What is wrong with the item after these."""

    def __aiter__(self) -> AsyncIterator[Any]:
        return _Loop(self, self._items)

    async def __anext__(self) -> Any:
        return self._items.popleft() if self._items else await self.more()

    @property
    def skipped(self) -> int:
        """How many items its sender left out so far, for newer ones came."""
        return self._incoming.skipped

    async def more(self) -> Any:
        """The next item, if it must be decoded, or waited for, first."""
        items = self._items
        try:
            while not items:
                if self._bad is not None:
                    raise self._error_of(self._bad)
                payloads = self._incoming.take()
                if payloads is None:
                    await self._incoming.wait()
                elif payloads:
                    values, self._bad = self._codec.decode_until(payloads)
                    items.extend(values)
                else:
                    raise StopAsyncIteration
            return items.popleft()
        except Failed as failed:
            raise self._error_of(failed) from None
        except StopAsyncIteration:
            raise
        except BaseException:  # whoever keeps it keeps this frame, and so the stream
            self.leave()
            raise

    async def head(self, codec: Codec[Any], newest: bool) -> Any:
        """What comes before the items. newest: of these, only the newest are handed out.

        Raises:
            WireError: it is not what it should be.
        """
        try:
            while (payloads := self._incoming.take()) is None:
                await self._incoming.wait()
            if not payloads:
                raise WireError(_NOTHING)
            head = codec.decode(payloads[0])
            after = payloads[1:]
            if newest:
                self._incoming.newest = True
                self._incoming.passed(max(0, len(after) - 1))
                after = after[-1:]
            values, self._bad = self._codec.decode_until(after)
        except Failed as failed:
            raise self._error_of(failed) from None
        except BaseException:
            self.leave()
            raise
        self._items.extend(values)
        return head

    async def only(self) -> Any:
        """The only item.

        Raises:
            WireError: there is none, or there are others.
        """
        try:
            item = await anext(self)
        except StopAsyncIteration:
            raise WireError(_NOTHING) from None
        async for _ in self:
            raise WireError("its host answered with several results: update it")
        return item

    def leave(self) -> None:
        """Nobody reads it any more; the collector may find that out in another thread (G39)."""
        run_in_loop(self._loop, lambda: self._give_up(Failed(_LEFT)))

    def _give_up(self, why: Failed | None = None) -> None:
        unread = bool(self._items) or self._bad is not None
        self._items.clear()
        self._bad = None
        self._incoming.give_up(why, unread=unread)

    async def asend(self, value: None) -> Any:
        """The next item."""
        return await anext(self)

    async def athrow(self, *error: Any) -> Any:
        """Stop reading, and raise this."""
        self._give_up()
        return await super().athrow(*error)

    async def aclose(self) -> None:
        """Stop reading."""
        self._give_up()

    def __del__(self) -> None:
        self.leave()


def skipped(stream: AsyncIterator[Any]) -> int:
    """How many items a stream left out so far, for its reader was slower than they came; only one
    of another process does, whose contract says `@stream(skip=True)`.
    """
    read = passed(stream)
    if isinstance(read, _Loop):
        read = read.stream
    return read.skipped if isinstance(read, RemoteStream) else 0


class _Loop(AsyncIterator[Any]):
    """What a loop reads by."""

    __slots__ = ("_items", "stream")

    def __init__(self, stream: RemoteStream, items: deque[Any]) -> None:
        """items: the stream's, that are here."""
        self.stream = stream
        self._items = items

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return self._items.popleft() if self._items else await self.stream.more()

    async def aclose(self) -> None:
        """Stop reading."""
        await self.stream.aclose()

    def __del__(self) -> None:
        self.stream.leave()
