"""Every option, and a class name with an acronym."""

from typing import Protocol

from fusionrt import command, compute, service
from fusionrt import service as also_service


class Broken(Exception):
    """Raised when it is broken."""


@also_service(version=2, raises=(Broken, KeyError))
class HTTPGateway2(Protocol):
    @compute(
        min_cache=1,
        error_ttl=0.5,
        transient_error_ttl=0,
        auto_invalidate=1e3,
        invalidation_delay=0.1,
        consolidate=2,
    )
    async def all(self) -> str: ...

    @compute(min_cache=None)
    async def none(self, id: str) -> str: ...

    @compute(consolidate=0.25)
    async def one(self, id: str) -> str: ...

    @command(invalidates=[])
    async def nothing(self) -> None: ...

    @command(transient=True, invalidates=["none(id)"])
    async def typing(self, id: str) -> None: ...

    @command(invalidates=[], transient=False)
    async def kept(self) -> None: ...


__all__ = ["HTTPGateway2", "service"]
