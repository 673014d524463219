"""Streams, however `AsyncIterator` is spelled, and a generator; no compute method, no command."""

import collections.abc as c
import typing as t
from collections.abc import AsyncIterator as Stream

from fusionrt import service


class Tick(t.NamedTuple):
    number: int


@service()
class Clock(t.Protocol):
    def ticks(self, every: float = 1) -> Stream[Tick]: ...

    def pairs(self) -> "c.AsyncIterator[tuple[Tick, Tick] | None]": ...

    def names(self, *, prefix: str) -> t.AsyncIterator[str]: ...

    def closed(self) -> t.AsyncGenerator[Tick, None]: ...

    async def now(self) -> Tick: ...
