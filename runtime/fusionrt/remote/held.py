"""A result that a host holds for a client (D3)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..graph import Computed, leases_of, listen, on_turn, str_of, unlisten
from ..rpc import Holder, Promise

__all__ = ["HeldComputed"]


class HeldComputed:
    """A computed, until it is invalidated or released; see `rpc.Held`."""

    __slots__ = ("_computed", "_holder", "_id")

    _holder: Holder
    _id: int

    def __init__(self, computed: Computed[Any]) -> None:
        self._computed = computed

    def hold(self, holder: Holder, id: int) -> None:
        self._holder, self._id = holder, id
        listen(self._computed, self)

    def __call__(self, computed: Computed[Any]) -> None:
        """It is invalidated."""
        origin = computed.origin
        assert origin is not None
        confides = self._holder.confides
        self._holder.invalidated(self._id, str_of(origin) if confides else origin.for_others())

    def release(self) -> None:
        unlisten(self._computed, self)

    def suspended(self) -> bool:
        return self._computed.is_suspended

    def promises(self) -> Iterable[Promise]:
        return leases_of(self._computed)

    def on_turn(self, handler: Callable[[], None]) -> Callable[[], None]:
        return on_turn(self._computed, handler)
