"""`changes`: a value now, after each invalidation, and when its freshness ceases or is proven
(D26); `when`: the first of them that fits.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, Self, TypeVar

from ..delayer import FixedDelayer
from ..failures import is_cacheable
from ..replay import replayed
from ..state import CONSISTENT, INVALIDATED
from .suspension import turned

if TYPE_CHECKING:
    from ..failures import Classifier
    from .computed import Computed
    from .function import Function

__all__ = ["IN_VAIN", "Changes", "OnError", "is_in_vain", "when"]


_T = TypeVar("_T")

OnError = Literal["raise", "wait"]
"""What to do about a lasting error. Transient ones are always waited out."""

BACK_OFF: Final = FixedDelayer()
"""Between tries after an error that is not cached."""
IN_VAIN: Final = FixedDelayer(retry=0.01)
"""Between results whose bodies invalidate what they read (G40)."""
UNPROVEN: Final = FixedDelayer(max_retry=4.0)
"""Between tries while freshness cannot be proven; short, for the proof may be back at any time."""


def is_in_vain(computed: Computed[Any]) -> bool:
    """Whether its body invalidates what it read, so that it is never fresh (G40)."""
    return computed._origin is not None and computed._origin.in_vain


class Changes(AsyncIterator["Computed[_T]"], Generic[_T]):
    """Yields the current computed, then a newer one after each invalidation, for ever; the same one
    again when it is suspended, and when it is fresh again (D26).

    Bursts coalesce; the last value always arrives. An error is yielded as a computed that holds it;
    a value whose freshness cannot be proven at the moment as one that is suspended (D7), unless
    `stale_ok` is false: then the proof is waited for, or raises `RemoteUnavailable`. Framework
    errors, which are not cached, come later and later (see `FixedDelayer`), and so does what is
    computed in vain.

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
        self._suspended = False
        """What the consumer was told of the last one."""
        self._retries = 0
        self._in_vain = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Computed[_T]:
        last = self._last
        if last is not None:
            # What is not cached would be met again at once without a wait.
            failed = last.error is not None and not is_cacheable(last.error)
            self._retries = self._retries + 1 if failed else 0
            self._in_vain = self._in_vain + 1 if is_in_vain(last) else 0
            if last.state is INVALIDATED:
                # Also without an error: a value that is never fresh must not starve the loop.
                await BACK_OFF.wait(self._retries)
                if self._in_vain:
                    await IN_VAIN.wait(self._in_vain)
            if not self._stale_ok:
                await last.invalidated()
            elif await self._turned(last):
                return last
        self._last = await self._function.computed(self._arguments, stale_ok=self._stale_ok)
        self._suspended = self._last.is_suspended
        return self._last

    async def _turned(self, last: Computed[_T]) -> bool:
        """Wait for news of it; whether it is the result still."""
        await turned(last, self._suspended)
        self._suspended = last.is_suspended
        return last.state is CONSISTENT


async def when(
    changes: AsyncIterator[Computed[_T]],
    predicate: Callable[[_T], bool],
    on_error: OnError,
    is_transient: Classifier,
) -> Computed[_T]:
    """The first of the changes whose value the predicate accepts.

    Raises:
        Exception: what the predicate raises; an error that is not transient, unless these are
            waited out; a framework error always.
        StopAsyncIteration: the changes have ended.
    """
    retries = 0
    while True:
        try:
            computed = await anext(changes)
        except Exception as unproven:
            if not is_transient(unproven):
                raise
            retries += 1
            await UNPROVEN.wait(retries)
            continue
        retries = 0
        error = computed.error
        if error is None:
            if predicate(computed.value):
                return computed
        elif not is_cacheable(error) or (on_error == "raise" and not is_transient(error)):
            raise replayed(error) from None
