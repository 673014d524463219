"""What a host cannot vouch for itself, as its acknowledgements say (D6c)."""

from __future__ import annotations

from . import client_events as events
from .frames import Acknowledged

__all__ = ["Upstream"]


class Upstream:
    """The ids that were suspended on the host when it acknowledged last."""

    __slots__ = ("_coming", "suspended")

    def __init__(self) -> None:
        self.suspended: frozenset[int] = frozenset()
        self._coming: list[int] = []

    def reset(self) -> None:
        """Forget the parts of a list that will not be completed."""
        self._coming.clear()

    def told(self, frame: Acknowledged) -> events.Upstream | None:
        """Take a part of the list; what has changed, once it is complete."""
        self._coming.extend(frame.suspended)
        if not frame.last:
            return None
        before, self.suspended = self.suspended, frozenset(self._coming)
        self._coming.clear()
        if before == self.suspended:
            return None
        return events.Upstream(self.suspended - before, before - self.suspended)
