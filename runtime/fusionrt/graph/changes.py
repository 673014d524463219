"""`changes`: a value now, and after each invalidation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from .state import INVALIDATED

if TYPE_CHECKING:
    from .computed import Computed
    from .function import Function

__all__ = ["Changes"]

_T = TypeVar("_T")


class Changes(AsyncIterator["Computed[_T]"], Generic[_T]):
    """Yields the current computed, then a newer one after each invalidation, for ever.

    Bursts coalesce; the last value always arrives. An error is yielded as a computed that holds it;
    a value whose freshness cannot be proven at the moment as one that is not consistent (D7),
    unless `stale_ok` is false: then that is waited for, or raises `RemoteUnavailable`.

    alive: is kept alive as long as this.

    A class, as an asynchronous generator would leak its context variables to the consumer.
    """

    def __init__(
        self,
        function: Function[_T],
        arguments: tuple[Any, ...],
        *,
        stale_ok: bool = True,
        alive: object = None,
    ) -> None:
        self._function = function
        self._arguments = arguments
        self._stale_ok = stale_ok
        self._alive = alive
        self._last: Computed[_T] | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Computed[_T]:
        if self._last is not None:
            if self._last.state is INVALIDATED:
                await asyncio.sleep(0)  # a value that is never fresh must not starve the loop
            await self._last.invalidated()
        self._last = await self._function.computed(self._arguments, stale_ok=self._stale_ok)
        return self._last
