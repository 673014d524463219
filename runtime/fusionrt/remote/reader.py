"""Whose read a replica is made for: the first one's time and interceptors, though others join."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

from ..graph import Computed
from ..services.pipeline import Pipeline

__all__ = ["FIRST", "ReadBy", "Reader"]


class Reader(NamedTuple):
    """A view of a client.

    seconds: that a read of it has. pipeline: its interceptors. of: the functions that it reads.
    """

    seconds: float
    pipeline: Pipeline | None
    of: object


_WATCHING: Final = Reader(math.inf, None, None)
"""Whoever watches has all the time."""
FIRST: Final[ContextVar[Reader]] = ContextVar("fusion first", default=_WATCHING)
"""The reader that a replica is made for."""


class ReadBy(AsyncIterator[Computed[Any]]):
    """Changes that are read by one view of a client."""

    def __init__(self, changes: AsyncIterator[Computed[Any]], reader: Reader) -> None:
        self._changes = changes
        self._reader = reader

    async def __anext__(self) -> Computed[Any]:
        first = FIRST.set(self._reader)
        try:
            return await anext(self._changes)
        finally:
            with suppress(ValueError):  # closed in another context, which ends with it
                FIRST.reset(first)
