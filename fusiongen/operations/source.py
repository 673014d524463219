"""`Source`: a log, as the command line looks at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fusionrt.operations import StoredKey

__all__ = ["Entry", "Reader", "Source"]


@dataclass(frozen=True)
class Entry:
    """An operation that is stored.

    at: seconds since 1970. iid: of the host that ran it. command: empty if that was nothing that
    has a name. keys: None if they cannot be read here; hosts invalidate everything then.
    """

    at: float
    iid: str
    command: str
    keys: tuple[StoredKey, ...] | None


@dataclass(frozen=True)
class Reader:
    """A host that reads it. lag: seconds. unread: operations, as far as is known."""

    iid: str
    process: str
    lag: float
    unread: int


class Source(Protocol):
    """One log. name: tells it from others that are shown with it; else it is empty."""

    @property
    def name(self) -> str:
        """See above."""

    async def readers(self) -> list[Reader]:
        """Who reads it."""

    async def last(self, count: int) -> list[Entry]:
        """The newest operations, the oldest of them first."""

    async def new(self) -> list[Entry]:
        """What came since the last call of this or of `last`."""

    async def events(self) -> str:
        """What there is of events; empty where there are none."""
