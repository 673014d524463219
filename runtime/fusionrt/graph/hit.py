"""What the hot path finds, and what it returns: the cheapest thing to await."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["SHARES_HITS", "Hit", "answer", "given"]

SHARES_HITS: Final = sys.version_info < (3, 12)
"""Whether calls return the hit itself. From 3.12 on a coroutine is cheaper: there the interpreter
raises and catches an exception to end the await of a finished future."""


class Hit(asyncio.Future[Any]):
    """What the hot table holds: a finished future.

    It passes for a coroutine, so that `create_task` and the like take it.
    """

    __slots__ = ("computed", "dependants", "used", "value")

    used: int
    """How often it answered, since that was added to the counts; the mark of SIEVE."""

    def __init__(self, computed: Computed[Any]) -> None:
        super().__init__(loop=computed._function.graph.loop)
        self.set_result(computed._value)
        self.value = computed._value
        self.computed = computed
        self.dependants = computed._dependants
        self.used = 0

    def send(self, value: object) -> object:
        raise StopIteration(self.result())

    def throw(self, kind: Any, value: Any = None, trace: Any = None) -> object:
        raise kind if value is None else value

    def close(self) -> None:
        pass


async def given(value: Any) -> Any:
    """The value that a hit has."""
    return value


def answer(hit: Hit) -> Coroutine[Any, Any, Any]:
    """What a call that found the hit returns."""
    return hit if SHARES_HITS else given(hit.value)
