"""Plain methods that may run twice, and of which nobody waits for the end."""

from collections.abc import AsyncIterator
from typing import Protocol

from fusionrt import idempotent, oneway, service
from typing_extensions import deprecated


@service
class Notes(Protocol):
    @idempotent
    async def find(self, text: str, *, limit: int = 20) -> tuple[str, ...]: ...

    @idempotent
    def lines(self, since: int = 0) -> AsyncIterator[str]: ...

    @oneway
    async def note(self, text: str) -> None:
        """Write it down, some time."""

    @oneway
    async def beat(self) -> None: ...

    @oneway
    @deprecated("Use `note`.")
    async def write(self, text: str) -> None: ...

    async def append(self, text: str) -> int: ...
