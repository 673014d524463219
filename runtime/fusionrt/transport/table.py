"""What hosts agree on: a small table of keys, changed only by whoever knows the last change.

That is all that ownership needs of a broker (D20): no clock of the broker's, no expiry, no order
between keys that the reader does not see itself. Over NATS it is a JetStream key-value bucket.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from ..errors import FusionError

__all__ = ["Entry", "Outdated", "Table"]


class Outdated(FusionError):
    """Raised when a key was changed by another one; the table's entries show what it is now."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"{key} was changed by another process first: look at it again")


class Entry(NamedTuple):
    """The value of a key. revision: rises with each change of any key of the table."""

    value: bytes
    revision: int


class Table(Protocol):
    """One table, as this process sees it."""

    @property
    def entries(self) -> Mapping[str, Entry]:
        """What is known: a state that the table once had, or newer."""

    async def open(self, on_change: Callable[[], None]) -> None:
        """Read it, and follow it from then on, over every loss of the connection.

        Raises:
            BrokerUnavailable: the broker keeps no tables, or cannot be reached.
        """

    async def put(self, key: str, value: bytes, last: int) -> int:
        """Set a key whose newest revision is `last`, or that is not there: 0. Its new revision.

        Raises:
            Outdated: it is not; nothing was changed.
            BrokerUnavailable: there was no answer in time: it was changed, or not.
        """

    async def delete(self, key: str, last: int) -> None:
        """Take a key out whose newest revision is `last`; as with `put`."""

    async def close(self) -> None:
        """Follow it no longer. Does nothing the second time."""
