"""`PassingStream`: a stream with interceptors around it.

They run in a task of their own from the call until the stream is over, and so does what makes the
items: its context is theirs. Items are handed over one by one, when the reader wants one; a reader
that leaves cancels the task.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Final, Self

from ..interceptors import Call
from ..primitives import run_in_loop, spawn
from .pipeline import Pipeline

__all__ = ["PassingStream"]

_OVER: Final = object()


class _Hand:
    """From the task to the reader. Knows neither, so that a reader that is dropped is collected."""

    def __init__(self) -> None:
        self.wanted: asyncio.Future[Any] | None = None
        self.end: Exception | None = None
        self.over = False
        self._asked = asyncio.Event()

    def want(self) -> asyncio.Future[Any]:
        """The reader waits for an item, or for the end."""
        self.wanted = asyncio.get_running_loop().create_future()
        self._asked.set()
        return self.wanted

    async def pump(self, make: Callable[[], AsyncIterator[Any]]) -> None:
        """Hand over every item, each when it is wanted."""
        items = make()
        try:
            while True:
                await self._asked.wait()
                item = await anext(items, _OVER)
                if item is _OVER:
                    return
                self._asked.clear()
                self._give(item)
        finally:
            close = getattr(items, "aclose", None)
            if close is not None:
                await close()

    def _give(self, item: Any) -> None:
        wanted, self.wanted = self.wanted, None
        if wanted is not None and not wanted.done():
            wanted.set_result(item)

    def ended(self, task: asyncio.Task[Any]) -> None:
        """Nothing more comes."""
        self.over = True
        error = None if task.cancelled() else task.exception()
        wanted, self.wanted = self.wanted, None
        if task.cancelled() and wanted is not None:
            wanted.cancel()
        elif error is None:
            if wanted is not None and not wanted.done():
                wanted.set_result(_OVER)
        elif wanted is not None and not wanted.done():
            wanted.set_exception(error)
        elif isinstance(error, Exception):
            self.end = error


class PassingStream(AsyncGenerator[Any, None]):
    """Nothing can be sent to it."""

    def __init__(
        self, pipeline: Pipeline, call: Call, make: Callable[[], AsyncIterator[Any]]
    ) -> None:
        """make: begins the stream itself."""
        self._loop = asyncio.get_running_loop()
        self._hand = _Hand()
        hand = self._hand

        async def run() -> None:
            await pipeline.run(call, lambda: hand.pump(make))

        self._task = spawn(run(), name=f"fusion stream {call.service}.{call.method}")
        self._task.add_done_callback(hand.ended)

    def __aiter__(self) -> AsyncIterator[Any]:
        return _Loop(self)

    async def __anext__(self) -> Any:
        hand = self._hand
        if hand.over:
            end, hand.end = hand.end, None
            raise StopAsyncIteration if end is None else end
        try:
            item = await hand.want()
        except BaseException:
            self.leave()
            raise
        if item is _OVER:
            raise StopAsyncIteration
        return item

    async def asend(self, value: None) -> Any:
        """The next item."""
        return await anext(self)

    async def athrow(self, *error: Any) -> Any:
        """Stop reading, and raise this."""
        await self.aclose()
        return await super().athrow(*error)

    async def aclose(self) -> None:
        """Stop reading; returns when its body has ended."""
        self._task.cancel()
        await asyncio.wait({self._task})

    def leave(self) -> None:
        """Nobody reads it any more; the collector may find that out in another thread (G39)."""
        run_in_loop(self._loop, self._task.cancel)

    def __del__(self) -> None:
        with suppress(AttributeError):  # it was not made
            self.leave()


class _Loop(AsyncIterator[Any]):
    """What a loop reads by: nothing else holds it, so that one that is left is found out."""

    __slots__ = ("_stream",)

    def __init__(self, stream: PassingStream) -> None:
        self._stream = stream

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return await self._stream.__anext__()

    async def aclose(self) -> None:
        """Stop reading."""
        await self._stream.aclose()

    def __del__(self) -> None:
        self._stream.leave()
