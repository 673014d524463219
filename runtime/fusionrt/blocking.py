"""Clients for code that does not await: of Flask, Celery, notebooks and scripts."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Generic, ParamSpec, Protocol, Self, TypeVar

from .graph import Graph
from .primitives import aclose
from .remote.client import Client

__all__ = ["Blockable", "Blocking", "LoopThread"]

_C = TypeVar("_C", bound=Client)
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Waits(Generic[_C]):
    """Has a client called in its loop, and waits for what comes of it."""

    def __init__(self, client: _C, graph: Graph) -> None:
        self.client: Final = client
        self.graph: Final = graph

    def wait(
        self,
        function: Callable[_P, Coroutine[Any, Any, _T]],
        /,
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> _T:
        """What the call returns; see `Graph.call_from_thread`."""
        return self.graph.call_from_thread(function, *args, **kwargs)

    def iterate(
        self, function: Callable[_P, AsyncIterator[_T]], /, *args: _P.args, **kwargs: _P.kwargs
    ) -> Iterator[_T]:
        """The items of a stream, which ends with the iterator."""
        items: AsyncIterator[_T] | None = None

        async def take() -> tuple[_T, ...]:
            nonlocal items
            if items is None:
                items = function(*args, **kwargs)
            async for item in items:
                return (item,)
            return ()

        try:
            while item := self.graph.call_from_thread(take):
                yield item[0]
        finally:
            if items is not None and not self.graph.closed:
                self.graph.call_from_thread(aclose, items)


class Blocking(Generic[_C]):
    """Base of the generated clients that block. Get one with `host.blocking(CartsClient)`.

    Its methods may be called in every thread but that of the host's loop, where they raise
    `WrongThread`. All else is as it is of the client that awaits, with which it shares what is
    cached.
    """

    def __init__(self, client: _C, graph: Graph) -> None:
        self._fusion = Waits(client, graph)

    def with_options(
        self,
        *,
        timeout: float | None = None,
        stale_ok: bool | None = None,
        retries: int | None = None,
        operation: str | None = None,
    ) -> Self:
        """The same client with other options; see `Client.with_options`."""
        client = self._fusion.client.with_options(
            timeout=timeout, stale_ok=stale_ok, retries=retries, operation=operation
        )
        return type(self)(client, self._fusion.graph)


_B_co = TypeVar("_B_co", bound=Blocking[Any], covariant=True)


class Blockable(Protocol[_B_co]):
    """A generated client that has a form which blocks: `blocking = true` in `[tool.fusiongen]`."""

    @classmethod
    def _fusion_blocking(cls) -> type[_B_co]: ...


class LoopThread:
    """A thread with a loop of its own, in which a host runs: for processes that have no loop."""

    def __init__(self, host: AbstractAsyncContextManager[object]) -> None:
        self._host = host
        self._entered: Future[None] = Future()
        self._left: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._main, name="fusion host", daemon=True)

    def start(self) -> None:
        """Enter the host; what that raises is raised, when the thread has ended."""
        self._thread.start()
        try:
            self._entered.result()
        except Exception:
            self._thread.join()
            raise

    def stop(self) -> None:
        """Leave the host, and wait until it has ended; what that raises is raised."""
        self._loop.call_soon_threadsafe(self._left.set)
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def _main(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:
            if self._entered.done():
                self._failure = error
            else:
                self._entered.set_exception(error)

    async def _run(self) -> None:
        self._loop, self._left = asyncio.get_running_loop(), asyncio.Event()
        async with self._host:
            self._entered.set_result(None)
            await self._left.wait()
