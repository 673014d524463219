"""What the hot path finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from ...native import core, twin

if TYPE_CHECKING:
    from ...primitives import Term
    from .computed import Computed

__all__ = ["Hit", "HotTable", "new_hot_table"]


@twin
class Hit:
    """What the hot table holds of a computed: what a call of the hot path reads, and no more."""

    __slots__ = ("computed", "dependants", "home", "lease", "used", "value")

    def __init__(
        self,
        value: Any,
        computed: Computed[Any],
        home: Any,
        dependants: dict[Computed[Any], None],
        lease: Term | None,
    ) -> None:
        self.value = value
        self.computed = computed
        self.home = home
        self.dependants = dependants
        self.lease = lease
        """Of a replica: what the hot path of clients, and only that, compares."""
        self.used = 0
        """How often it answered, since that was added to the counts; the mark of SIEVE."""


class HotTable(Protocol):
    """The hits of a compute method, by key: what a dict has, as far as it is used."""

    def __getitem__(self, key: object, /) -> Hit: ...
    def __setitem__(self, key: object, hit: Hit, /) -> None: ...
    def __delitem__(self, key: object, /) -> None: ...
    def __contains__(self, key: object, /) -> bool: ...
    def __iter__(self) -> Iterator[object]: ...
    def __len__(self) -> int: ...
    def clear(self) -> None:
        """Remove all of them."""


def new_hot_table() -> HotTable:
    """A dict, or what the compiled core has in its place: one that finds a hit sooner."""
    table: HotTable = {} if core is None else core.HotTable()
    return table
