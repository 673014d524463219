"""`Clients`: who has sessions with a host, for any of its services."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final

__all__ = ["Clients"]


class Clients:
    """Counts the sessions of each client, by its principal and id."""

    def __init__(self, on_left: Callable[[str, str], None]) -> None:
        """on_left: is told which client has none any more."""
        self._sessions: Final[Counter[tuple[str, str]]] = Counter()
        self._on_left: Final = on_left

    def __contains__(self, client: tuple[str, str]) -> bool:
        return client in self._sessions

    def came(self, principal: str, cid: str) -> None:
        """A session was opened."""
        self._sessions[principal, cid] += 1

    def left(self, principal: str, cid: str) -> None:
        """A session is over."""
        self._sessions[principal, cid] -= 1
        if not self._sessions[principal, cid]:
            del self._sessions[principal, cid]
            self._on_left(principal, cid)
