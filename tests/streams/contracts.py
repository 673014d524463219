"""The contract of these tests: streams in every direction."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from fusionrt import command, compute, service, stream


class Refused(Exception):
    """Travels by its name."""


@dataclass(frozen=True)
class Row:
    """An item."""

    number: int
    text: str = ""


@dataclass(frozen=True)
class Page:
    """What comes before rows."""

    title: str
    total: int


@service(raises=[Refused])
class Flows(Protocol):
    """Streams to a service, from it, and both."""

    @compute
    async def total(self) -> int: ...

    @command(invalidates=["total()"])
    async def load(self, name: str, rows: AsyncIterator[Row]) -> int:
        """Add the numbers of all rows."""

    async def sum(self, numbers: AsyncIterable[int]) -> int: ...

    async def take(self, count: int, *, numbers: AsyncIterator[int]) -> list[int]:
        """The first so many, and no more are read."""

    async def ignore(self, numbers: AsyncIterator[int]) -> str:
        """Read none."""

    async def blobs(self, blobs: AsyncIterator[bytes]) -> int:
        """How many bytes they have."""

    def doubled(self, numbers: AsyncIterator[int]) -> AsyncIterator[int]:
        """Each, twice as large."""

    async def open(self, title: str, count: int) -> tuple[Page, AsyncIterator[Row]]: ...

    async def relay(
        self, title: str, rows: AsyncIterator[Row]
    ) -> tuple[Page, int, AsyncIterator[Row]]: ...

    @stream(skip=True)
    def ticks(self, count: int) -> AsyncIterator[int]: ...
