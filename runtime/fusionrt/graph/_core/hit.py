"""What the hot path finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...native import twin

if TYPE_CHECKING:
    from ...primitives import Term
    from .computed import Computed

__all__ = ["Hit"]


@twin
class Hit:
    """What the hot table holds of a computed: what a call of the hot path reads, and no more."""

    __slots__ = ("computed", "dependants", "home", "lease", "used", "value")

    def __init__(
        self, value: Any, computed: Computed[Any], home: Any, dependants: dict[Computed[Any], None]
    ) -> None:
        self.value = value
        self.computed = computed
        self.home = home
        self.dependants = dependants
        self.lease: Term | None = None
        """Of a replica: what the hot path of clients, and only that, compares."""
        self.used = 0
        """How often it answered, since that was added to the counts; the mark of SIEVE."""
