"""Streams that callers send, streams behind a head, and one that leaves items out."""

import collections.abc as c
import typing as t
from collections.abc import AsyncIterable, AsyncIterator

import fusionrt as f


class Row(t.NamedTuple):
    number: int


class Page(t.NamedTuple):
    title: str


Rows = AsyncIterator[Row]


@f.service
class Flows(t.Protocol):
    @f.compute
    async def total(self, name: str) -> int: ...

    @f.command(invalidates=["total(name)"])
    async def load(self, name: str, rows: Rows) -> int: ...

    async def count(self, *, items: "AsyncIterable[Row | None]") -> int: ...

    def both(self, rows: c.AsyncIterator[Row], /) -> t.AsyncGenerator[tuple[Row, ...], None]: ...

    async def open(self, name: str) -> tuple[Page, AsyncIterator[Row]]: ...

    async def relay(self, self_: int, rows: Rows) -> tuple[Page, int | None, Rows]: ...

    @f.stream(skip=True)
    def ticks(self) -> AsyncIterator[int]: ...
