"""Methods that depend on who asks: each kind, each place of the parameter, and both types of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from fusionrt import ANY, Principal, Session, command, compute, service
from typing_extensions import deprecated


@service
class Desk(Protocol):
    """A desk where everybody has a drawer."""

    @compute
    async def open(self, number: int) -> str:
        """What lies in a drawer that is open to all."""
        ...

    @compute
    async def mine(self, principal: Principal) -> tuple[str, ...]:
        """What lies in my drawer."""
        ...

    @compute(min_cache=5.0)
    async def some(self, limit: int, who: Principal, /, *, tag: str = "", on: Session) -> str: ...

    @deprecated("Ask for `mine`.")
    @compute
    async def first(self, principal: Principal) -> str: ...

    @command(invalidates=["mine(principal)", "some(ANY, principal, tag=ANY, on=ANY)"])
    async def put(self, principal: Principal, thing: str) -> int: ...

    @command(invalidates=["mine(ANY)", "some(limit, who, on=on)"])
    async def clear(self, who: Principal, limit: int, on: Session) -> None: ...

    async def whoami(self, session: Session, principal: Principal) -> str: ...

    def things(self, principal: Principal, since: int = 0) -> AsyncIterator[str]: ...

    @command(invalidates=["mine(principal)"])
    async def put_all(self, principal: Principal, things: AsyncIterator[str]) -> int: ...

    async def named(
        self, prefix: str, who: Principal, *, on: Session, things: AsyncIterator[str]
    ) -> tuple[str, AsyncIterator[str]]: ...


@service(internal=True)
class Bell(Protocol):
    """Nothing of it that is cached depends on who asks."""

    @compute
    async def rung(self) -> int: ...

    @command(invalidates=["rung()"])
    async def ring(self, principal: Principal) -> None: ...


__all__ = ["ANY", "Bell", "Desk"]
