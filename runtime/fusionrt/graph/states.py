"""States: values that live outside of a service and take part in the graph."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Generic, Self, TypeVar

from ..errors import NotBoundError
from ..primitives import spawn
from .changes import Changes
from .computed import Computed
from .function import Function
from .graph import running_graph
from .invalidate import notify
from .origin import Origin, OriginKind, calling_line

__all__ = ["ComputedState", "MutableState"]

_T = TypeVar("_T")


class MutableState(Generic[_T]):
    """A value that can be set; bodies that `use` it are invalidated when it changes (G27)."""

    def __init__(self, value: _T, *, name: str = "state") -> None:
        self._value = value
        self._name = name
        self._function: Function[_T] | None = None

    @property
    def value(self) -> _T:
        """The value now; reading it makes no dependency."""
        return self._value

    def set(self, value: _T) -> None:
        """Change the value; an equal one does nothing. From here on every read sees it."""
        if value == self._value:
            return
        self._value = value
        if self._function is not None:
            self._function.invalidate((), Origin(OriginKind.STATE, f"set at {calling_line(1)}"))

    async def use(self) -> _T:
        """The value; the body that calls depends on it."""
        return await self._bound().fetch(())

    async def computed(self) -> Computed[_T]:
        """The computed behind the value."""
        return await self._bound().computed(())

    def changes(self) -> AsyncIterator[Computed[_T]]:
        """Now, and after each change."""
        return Changes(self._bound(), ())

    def _bound(self) -> Function[_T]:
        if self._function is None or self._function.graph.closed:
            self._function = Function(running_graph(), self._name, self._read)
        return self._function

    async def _read(self) -> _T:
        return self._value


class ComputedState(Generic[_T]):
    """A value computed anew whenever what it was made from is invalidated (G28).

        async with ComputedState(lambda: carts.total("1")) as state:
            print(state.value)

    compute: makes the value. delay: seconds between an invalidation and the next update.
    An error is kept like a value and tried again when its time to live ends (G22).
    """

    def __init__(
        self, compute: Callable[[], Awaitable[_T]], *, delay: float = 0.0, name: str = "state"
    ) -> None:
        self._compute = compute
        self._delay = delay
        self._name = name
        self._computed: Computed[_T] | None = None
        self._function: Function[_T] | None = None
        self._updates: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._function = Function(running_graph(), self._name, self._compute)
        self._computed = await self._function.computed(())
        self._updates = spawn(self._keep_updated(self._function), name=f"fusion {self._name}")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._function is not None and self._updates is not None
        self._updates.cancel()
        try:
            await asyncio.wait([self._updates])
        finally:
            notify(self._function.dispose())

    @property
    def computed(self) -> Computed[_T]:
        """The latest computed; it may be invalidated, while the next one is on its way.

        Raises:
            NotBoundError: outside of `async with`.
        """
        if self._computed is None:
            raise NotBoundError(f"{self._name} has no value yet: enter it with `async with` first")
        return self._computed

    @property
    def value(self) -> _T:
        """The latest value; raises the error if that was the outcome."""
        return self.computed.value

    async def use(self) -> _T:
        """An up-to-date value; the body that calls depends on it."""
        if self._function is None:
            raise NotBoundError(f"{self._name} has no value yet: enter it with `async with` first")
        return await self._function.fetch(())

    async def _keep_updated(self, function: Function[_T]) -> None:
        while True:
            assert self._computed is not None
            await self._computed.invalidated()
            await asyncio.sleep(self._delay)
            self._computed = await function.computed(())
