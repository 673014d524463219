"""Methods of other Protocols, over modules and in a diamond."""

from __future__ import annotations

from typing import Protocol

from fusionrt import command, compute, service

from .parts import bases
from .parts.bases import Named, Readable


class Counted(Readable, Protocol):
    @compute
    async def size(self, id: str) -> int: ...

    @compute(min_cache=1)
    async def read(self, id: str) -> bases.Page: ...


@service(name="pages")
class PagesContract(Counted, Named, Protocol):
    """Pages."""

    async def name(self) -> str: ...

    @command(invalidates=["read(id)", "size(id)"])
    async def write(self, id: str, text: bases.Text) -> None: ...
