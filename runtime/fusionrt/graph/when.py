"""`when`: wait until a value is as it should be."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from .delay import FixedDelayer
from .failures import is_cacheable, replayed

if TYPE_CHECKING:
    from .computed import Computed
    from .failures import Classifier

__all__ = ["OnError", "when"]

_T = TypeVar("_T")

BACK_OFF: Final = FixedDelayer(max_retry=4.0)
"""Between tries while freshness cannot be proven; short, for the proof may be back at any time."""

OnError = Literal["raise", "wait"]
"""What to do about a lasting error. Transient ones are always waited out."""


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
            await BACK_OFF.wait(retries)
            continue
        retries = 0
        error = computed.error
        if error is None:
            if predicate(computed.value):
                return computed
        elif not is_cacheable(error) or (on_error == "raise" and not is_transient(error)):
            raise replayed(error) from None
