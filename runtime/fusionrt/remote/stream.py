"""`RemoteStream`: a stream as the typed client hands it out.

Nobody tells an iterator that the loop over it was left: by `break`, by an error, by a cancellation.
An asynchronous generator waits for the collector, and that for whoever keeps the loop's frame: a
task, or the traceback of an exception. So each loop gets an iterator of its own, which nothing but
the loop holds: when that is left, it is gone at once, and the host stops.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any, Final, Self

from ..primitives import run_in_loop
from ..rpc import Failed, Incoming
from ..values.codecs import Codec
from ..wire.frames import Ending

__all__ = ["RemoteStream"]

_LEFT: Final = Ending(
    "cancelled",
    "its reader left it before its end, which closed it: start it anew; "
    "to go on after a loop, make all loops over one `aiter(stream)`",
)


class RemoteStream(AsyncGenerator[Any, None]):
    """Decodes the items. Its host stops when a loop over it is left, when a read of it fails or is
    cancelled, and when it is closed or dropped; whoever reads on then is told so. Nothing can be
    sent to it.
    """

    def __init__(
        self, incoming: Incoming, codec: Codec[Any], error_of: Callable[[Failed], Exception]
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._incoming = incoming
        self._codec = codec
        self._error_of = error_of

    def __aiter__(self) -> AsyncIterator[Any]:
        return _Loop(self)

    async def __anext__(self) -> Any:
        try:
            return self._codec.decode(await anext(self._incoming))
        except Failed as failed:
            raise self._error_of(failed) from None
        except StopAsyncIteration:
            raise
        except BaseException:  # whoever keeps it keeps this frame, and so the stream
            self.leave()
            raise

    def leave(self) -> None:
        """Nobody reads it any more; the collector may find that out in another thread (G39)."""
        run_in_loop(self._loop, lambda: self._incoming.give_up(Failed(_LEFT)))

    async def asend(self, value: None) -> Any:
        """The next item."""
        return await anext(self)

    async def athrow(self, *error: Any) -> Any:
        """Stop reading, and raise this."""
        self._incoming.give_up()
        return await super().athrow(*error)

    async def aclose(self) -> None:
        """Stop reading."""
        self._incoming.give_up()

    def __del__(self) -> None:
        self.leave()


class _Loop(AsyncIterator[Any]):
    """What a loop reads by."""

    __slots__ = ("_stream",)

    def __init__(self, stream: RemoteStream) -> None:
        self._stream = stream

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Coroutine[Any, Any, Any]:
        return self._stream.__anext__()

    async def aclose(self) -> None:
        """Stop reading."""
        await self._stream.aclose()

    def __del__(self) -> None:
        self._stream.leave()
