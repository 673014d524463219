"""Methods on their way out."""

import sys
from collections.abc import AsyncIterator
from typing import Protocol

import typing_extensions
from fusionrt import command, compute, service
from typing_extensions import deprecated

if sys.version_info >= (3, 13):
    from warnings import deprecated as old
else:
    from typing_extensions import deprecated as old


class Sums(Protocol):
    @compute
    @deprecated("Use `total`.")
    async def sum(self, id: str, limit: int = 20) -> int:
        """What `total` was called once."""
        ...


@service
class Carts(Sums, Protocol):
    """Shopping carts."""

    @compute
    async def total(self, id: str) -> int: ...

    @old('Use `put`, which says "when".')
    @command(invalidates=["total(id)", "sum(id, ANY)"])
    async def set(self, id: str, total: int) -> None: ...

    @typing_extensions.deprecated(
        "This sentence is so long that it does not fit: not on a line, and not on its own."
    )
    async def ping(self) -> str: ...

    @deprecated("Watch `changes.total`.")
    def events(self) -> AsyncIterator[int]: ...

    async def deprecated(self) -> str: ...
