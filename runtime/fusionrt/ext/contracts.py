"""What the store offers. After a change: `fusiongen generate` in this folder."""

from enum import Enum
from typing import Protocol

from fusionrt.contract import command, compute, service
from fusionrt.errors import KeyRefused
from fusionrt.identity import Principal, Session


@service(internal=True, raises=[KeyRefused])
class KeyValueStore(Protocol):
    """Texts by key, for services: whoever reaches it reads and writes all of it.

    A key is segments with `/` between them, such as `users/ann/theme`. A prefix is a key, and
    stands for the keys below it: `users` for `users/ann`, and neither for `users` nor for
    `users2/bob`; the empty one stands for all. Keys are compared as they are, by code points.

    Raises KeyRefused: a segment is empty, `.` or `..`; a text has a control character.
    """

    @compute
    async def get(self, key: str) -> str | None:
        """What is kept there; None if that is nothing, or its time is over."""
        ...

    @compute
    async def list(
        self, prefix: str = "", *, after: str = "", limit: int = 1000
    ) -> tuple[str, ...]:
        """The keys below a prefix, in order; at most `limit`, of those that come after `after`."""
        ...

    @compute
    async def count(self, prefix: str = "") -> int:
        """How many keys there are below a prefix."""
        ...

    @command(invalidates=["get(key)"])
    async def set(self, key: str, value: str, *, expires_in: float | None = None) -> None:
        """Keep it there; for so many seconds from now, or for ever. All prefixes above it are
        invalidated, too.
        """
        ...

    @command(invalidates=["get(key)"])
    async def remove(self, key: str) -> None:
        """Keep nothing there. All prefixes above it are invalidated, too."""
        ...


class Sandbox(Enum):
    """Whose entries: those of this client, until it ends, or those of its user, for ever."""

    SESSION = "session"
    USER = "user"


@service(raises=[KeyRefused])
class SandboxedKeyValueStore(Protocol):
    """The same for clients: each has its own entries, and no way to name those of others.

    Entries of a session are kept for 30 days at most. Raises KeyRefused: as above; and whoever is
    anonymous has no entries of a user.
    """

    @compute
    async def get(  # fusiongen: ignore[FG062]
        self, session: Session, principal: Principal, sandbox: Sandbox, key: str
    ) -> str | None:
        """What is kept there; None if that is nothing, or its time is over."""
        ...

    @compute
    async def list(  # fusiongen: ignore[FG062]
        self,
        session: Session,
        principal: Principal,
        sandbox: Sandbox,
        prefix: str = "",
        *,
        after: str = "",
        limit: int = 1000,
    ) -> tuple[str, ...]:
        """The keys below a prefix, in order; at most `limit`, of those that come after `after`."""
        ...

    @compute
    async def count(  # fusiongen: ignore[FG062]
        self, session: Session, principal: Principal, sandbox: Sandbox, prefix: str = ""
    ) -> int:
        """How many keys there are below a prefix."""
        ...

    @command(invalidates=[])
    async def set(  # fusiongen: ignore[FG061]
        self,
        session: Session,
        principal: Principal,
        sandbox: Sandbox,
        key: str,
        value: str,
        *,
        expires_in: float | None = None,
    ) -> None:
        """Keep it there; for so many seconds from now, or as long as may be."""
        ...

    @command(invalidates=[])
    async def remove(  # fusiongen: ignore[FG061]
        self, session: Session, principal: Principal, sandbox: Sandbox, key: str
    ) -> None:
        """Keep nothing there."""
        ...
