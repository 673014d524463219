"""`PassingStream`: a stream with interceptors around it.

They run in a task of their own from the call until the stream is over. Its items do not: whoever
reads takes them from the stream itself, step by step in the context that the innermost interceptor
left, so that the body sees their variables. So an item costs no turn of the loop. (Handed over from
their task it cost two, and a client that merely counts its streams read a tenth as many.)
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
)
from contextlib import suppress
from functools import partial
from typing import Any, Final, Self

from ..interceptors import Call
from ..primitives import aclose, cancel_once, run_in_loop, spawn
from .pipeline import Pipeline

__all__ = ["PassingStream", "passed", "passing_head"]


class _Within:
    """Awaits a coroutine whose steps see the variables of a context."""

    __slots__ = ("_context", "_coroutine")

    def __init__(self, context: contextvars.Context, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._context = context
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        run, coroutine = self._context.run, self._coroutine
        step: Callable[..., Any] = coroutine.send
        value: Any = None
        while True:
            try:
                waits = run(step, value)
            except StopIteration as end:
                return end.value
            try:
                value = yield waits
                step = coroutine.send
            except BaseException as error:
                value = error
                step = coroutine.throw


async def _next(items: AsyncIterator[Any]) -> Any:
    return await anext(items)


class _Source:
    """The stream itself, and the context of its body.

    head: what comes before the items. ended: told when it is over, and how.
    """

    __slots__ = ("_context", "ended", "head", "items")

    def __init__(self, items: AsyncIterator[Any], head: tuple[Any, ...]) -> None:
        self.items = items
        self.head = head
        self._context = contextvars.copy_context()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def item(self) -> _Within:
        """The next one."""
        return _Within(self._context, _next(self.items))

    def close(self) -> _Within:
        """Let its body end."""
        return _Within(self._context, aclose(self.items))

    def end(self, error: Exception | None) -> None:
        """It is over, or failed."""
        if self.ended.done():  # its interceptors left it
            return
        if error is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(error)


class _Hand:
    """From the interceptors to the reader. Knows neither: a reader that is dropped is collected."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._turn: asyncio.Future[_Source | None] = self._loop.create_future()

    async def give(self, make: Callable[[], Any], headed: bool) -> None:
        """Begin the stream; return when it was read to its end, raise what ended it."""
        *head, items = await make() if headed else (make(),)
        source = _Source(aiter(items), tuple(head))
        try:
            self._turn.set_result(source)
            await source.ended
        finally:
            await source.close()

    async def take(self) -> _Source | None:
        """The stream; None: there is no other one. Raises what the interceptors raised."""
        source = await asyncio.shield(self._turn)
        if source is not None:
            self._turn = self._loop.create_future()
        return source

    def over(self, task: asyncio.Task[None]) -> None:
        """The interceptors have ended."""
        if self._turn.done():  # nobody took it, and nobody will
            self._turn = self._loop.create_future()
        error = None if task.cancelled() else task.exception()
        if error is None:
            self._turn.set_result(None)
        else:
            self._turn.set_exception(error)
            self._turn.exception()  # if nobody reads on, it is no error that got lost


class PassingStream(AsyncGenerator[Any, None]):
    """Nothing can be sent to it."""

    def __init__(
        self,
        pipeline: Pipeline,
        call: Call,
        make: Callable[[], AsyncIterator[Any]] | Callable[[], Awaitable[tuple[Any, ...]]],
        *,
        headed: bool = False,
    ) -> None:
        """make: begins the stream itself. headed: it comes last, after others; see `head`."""
        self._loop = asyncio.get_running_loop()
        self._source: _Source | None = None
        self.items: AsyncIterator[Any] | None = None
        """The stream itself, once it has begun."""
        self._over = False
        self._hand: Final = _Hand()
        hand = self._hand

        async def run() -> None:
            await pipeline.run(call, lambda: hand.give(make, headed))

        self._task = spawn(run(), name=f"fusion stream {call.service}.{call.method}")
        self._task.add_done_callback(hand.over)

    def __aiter__(self) -> AsyncIterator[Any]:
        return _Loop(self)

    async def __anext__(self) -> Any:
        try:
            while (source := self._source or await self._take()) is not None:
                try:
                    return await source.item()
                except StopAsyncIteration:
                    source.end(None)
                except Exception as error:
                    source.end(error)
                self._source = None
        except BaseException:
            self._over = True
            self.leave()
            raise
        raise StopAsyncIteration

    async def head(self) -> tuple[Any, ...]:
        """What comes before the stream.

        Raises:
            RuntimeError: an interceptor ended without it.
        """
        try:
            source = await self._take()
        except BaseException:
            self.leave()
            raise
        if source is None:
            raise RuntimeError(
                "an interceptor returned without `await next()`, which gives what comes before the "
                "stream: let it raise instead"
            )
        return source.head

    async def _take(self) -> _Source | None:
        if not self._over:
            self._source = await self._hand.take()
            self._over = self._source is None
        if self._source is not None:
            self.items = self._source.items
        return self._source

    async def asend(self, value: None) -> Any:
        """The next item."""
        return await anext(self)

    async def athrow(self, *error: Any) -> Any:
        """Stop reading, and raise this."""
        await self.aclose()
        return await super().athrow(*error)

    async def aclose(self) -> None:
        """Stop reading; returns when its interceptors, and so its body, have ended."""
        self._give_up()
        await asyncio.wait({self._task})

    def leave(self) -> None:
        """Nobody reads it any more; the collector may find that out in another thread (G39)."""
        run_in_loop(self._loop, self._give_up)

    def _give_up(self) -> None:
        self._source, self._over = None, True
        cancel_once(self._task)

    def __del__(self) -> None:
        with suppress(AttributeError):  # it was not made
            run_in_loop(self._loop, partial(cancel_once, self._task))


class _Loop(AsyncIterator[Any]):
    """What a loop reads by: nothing else holds it, so that one that is left is found out."""

    __slots__ = ("stream",)

    def __init__(self, stream: PassingStream) -> None:
        self.stream = stream

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return await self.stream.__anext__()

    async def aclose(self) -> None:
        """Stop reading."""
        await self.stream.aclose()

    def __del__(self) -> None:
        self.stream.leave()


async def passing_head(
    pipeline: Pipeline, call: Call, make: Callable[[], Awaitable[tuple[Any, ...]]]
) -> tuple[Any, ...]:
    """What comes before a stream, and the stream: the interceptors run until that is over."""
    stream = PassingStream(pipeline, call, make, headed=True)
    return (*await stream.head(), stream)


def passed(stream: object) -> object:
    """What interceptors are around, if this is a stream that has some."""
    if isinstance(stream, _Loop):
        stream = stream.stream
    return stream.items if isinstance(stream, PassingStream) else stream
