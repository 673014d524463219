"""A generic Protocol, for contracts to inherit from with its types filled in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from fusionrt import ANY, command, compute  # noqa: F401

Item = TypeVar("Item")
Key_contra = TypeVar("Key_contra", contravariant=True)


@dataclass(frozen=True)
class Page(Generic[Item]):
    items: tuple[Item, ...]
    next: int | None = None


class Readable(Protocol[Key_contra, Item]):
    """What can be read."""

    @compute
    async def get(self, id: Key_contra) -> Item | None: ...

    @compute
    async def page(self, start: int = 0) -> Page[Item]: ...


class Repository(Readable[Key_contra, Item], Protocol[Key_contra, Item]):
    """What can be written."""

    @command(invalidates=["get(id)", "page(ANY)"])
    async def put(self, id: Key_contra, item: Item) -> Item | None: ...

    def items(self) -> AsyncIterator[Item]: ...
