"""`ComputedState`: a value that is kept up to date."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from ...errors import NotBoundError, ServiceDisposed
from ...primitives import spawn
from .._core.changes import IN_VAIN, OnError, is_in_vain, when
from .._core.computed import Computed
from .._core.function import Function
from .._core.invalidate import notify
from .._core.suspension import turned
from ..delayer import FixedDelayer, UpdateDelayer
from ..failures import is_cacheable
from ..running import running_graph
from ..state import CONSISTENT

__all__ = ["ComputedState"]

_T = TypeVar("_T")

AT_ONCE: Final = FixedDelayer()


class ComputedState(Generic[_T]):
    """A value computed anew whenever what it was made from is invalidated (G28).

        async with ComputedState(lambda: carts.total("1")) as state:
            print(state.value)

    compute: makes the value. delayer: when to compute it again; default: at once, and after
    transient errors later and later (see `FixedDelayer`). Other errors are kept like a value, and
    tried again when their time to live ends (G22).
    """

    def __init__(
        self,
        compute: Callable[[], Awaitable[_T]],
        *,
        delayer: UpdateDelayer = AT_ONCE,
        name: str = "state",
    ) -> None:
        self._compute = compute
        self._delayer = delayer
        self._name = name
        self._run: _Run[_T] | None = None
        self._last: Computed[_T] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """What `copy` and `pickle` take: a state that was not entered yet (G39)."""
        return partial(type(self), delayer=self._delayer, name=self._name), (self._compute,)

    async def __aenter__(self) -> Self:
        if self._run is not None:
            raise NotBoundError(f"{self._name} is in use: make another `ComputedState`")
        function = Function(running_graph(), self._name, self._compute)
        try:
            self._run = _Run(function, await function.computed(()), self._delayer)
        except BaseException:
            notify(function.dispose())
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._run is not None
        run, self._run = self._run, None
        self._last = run.latest
        await run.end()

    @property
    def computed(self) -> Computed[_T]:
        """The latest computed; it may be invalidated, while the next one is on its way.

        Raises:
            NotBoundError: before `async with`.
        """
        latest = self._last if self._run is None else self._run.latest
        if latest is None:
            raise NotBoundError(f"{self._name} has no value yet: enter it with `async with` first")
        return latest

    @property
    def value(self) -> _T:
        """The latest value; raises the error if that was the outcome."""
        return self.computed.value

    async def use(self) -> _T:
        """An up-to-date value, without delay; the body that calls depends on it."""
        return await self._running().function.fetch(())

    def changes(self) -> AsyncIterator[Computed[_T]]:
        """The latest computed, then each update, and the same one again when it is suspended or
        fresh again (D26); ends with the state.

        Bursts coalesce; the last always arrives.
        """
        return _Updates(self._running())

    async def when(
        self, predicate: Callable[[_T], bool], *, on_error: OnError = "raise"
    ) -> Computed[_T]:
        """The first computed, from now on, that the predicate accepts; see `Computed.when`.

        Raises:
            ServiceDisposed: the state ended before.
        """
        run = self._running()
        try:
            return await when(_Updates(run), predicate, on_error, run.function.graph.is_transient)
        except StopAsyncIteration:
            raise ServiceDisposed(self._name) from None

    def _running(self) -> _Run[_T]:
        if self._run is None:
            raise NotBoundError(f"{self._name} is not kept up to date: use it in its `async with`")
        return self._run


class _Run(Generic[_T]):
    """A state inside its `async with`."""

    def __init__(self, function: Function[_T], first: Computed[_T], delayer: UpdateDelayer) -> None:
        self.function = function
        self.latest = first
        self._delayer = delayer
        self._turn = asyncio.Event()
        """Of the latest computed: set when there is a newer one, or when all is over."""
        self._over = False
        """Told by hand: a body may hide that the task was cancelled."""
        self._updates = spawn(self._keep_updated(), name=f"fusion {function.name}")
        self._updates.add_done_callback(self._ended)

    async def _keep_updated(self) -> None:
        retries = in_vain = 0
        while not self._over:
            error = self.latest.error
            failed = error is not None and (
                # What is not cached would be met again at once without a wait.
                not is_cacheable(error) or self.function.graph.is_transient(error)
            )
            retries = retries + 1 if failed else 0
            await self.latest.invalidated()
            in_vain = in_vain + 1 if is_in_vain(self.latest) else 0
            await self._delayer.wait(retries)
            await IN_VAIN.wait(in_vain)  # also a value that is never fresh must not starve the loop
            self.latest = await self.function.computed(())
            self._turn.set()
            self._turn = asyncio.Event()

    def _ended(self, updates: asyncio.Task[None]) -> None:
        self._turn.set()
        error = None if updates.cancelled() else updates.exception()
        if error is not None and not isinstance(error, ServiceDisposed):
            self.function.graph.report(f"{self.function.name} is not kept up to date", error)

    async def news(self, told: Computed[_T] | None, suspended: bool) -> Computed[_T]:
        """The latest computed, once that is another one, or no longer as it was told.

        Raises:
            StopAsyncIteration: there will be none.
        """
        if told is not None:
            await turned(told, suspended)
            if told.state is CONSISTENT:
                return told
        while self.latest is told:
            if self._updates.done():
                raise StopAsyncIteration
            await self._turn.wait()
        return self.latest

    async def end(self) -> None:
        """Update no more."""
        self._over = True
        self._updates.cancel()
        try:
            await asyncio.wait([self._updates])
        finally:
            notify(self.function.dispose())


class _Updates(AsyncIterator[Computed[_T]]):
    """See `ComputedState.changes`."""

    def __init__(self, run: _Run[_T]) -> None:
        self._run = run
        self._last: Computed[_T] | None = None
        self._suspended = False

    async def __anext__(self) -> Computed[_T]:
        self._last = await self._run.news(self._last, self._suspended)
        self._suspended = self._last.is_suspended
        return self._last
