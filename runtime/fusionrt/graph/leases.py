"""What the graph knows of leases: what is made from a replica is only as fresh as its session."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Lease"]


class Lease(Protocol):
    """A session's promise that its replicas are fresh (D6, D6b). Checked at read."""

    def live(self) -> bool:
        """Whether the promise holds now."""

    async def revalidate(self) -> None:
        """Return when the promise holds again or its replicas were invalidated.

        Raises:
            RemoteUnavailable: neither happened in time.
        """
