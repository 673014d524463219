"""Wildcards: which results an invalidation with `ANY` among its arguments names (G36).

The first wildcard of a kind, such as `ids(owner, ANY)`, makes an index over the results of its
method by the arguments that it does name; from then on that kind costs as much as it hits. A method
that no wildcard ever named has no index.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any

from ...contract import ANY

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["Index", "Part", "itself", "named_by"]

Part = Callable[[int, Any], Hashable]
"""What names a normalised argument, by its position (G32)."""


def itself(position: int, argument: Any) -> Hashable:
    """Names an argument where Python's equality means what its declared type means."""
    hashable: Hashable = argument
    return hashable


def named_by(pattern: tuple[Any, ...]) -> tuple[int, ...]:
    """The positions of the arguments that a pattern names; the others are `ANY`."""
    # By way of a list, which is made in half the time.
    return tuple([index for index, argument in enumerate(pattern) if argument is not ANY])


class Index:
    """The computeds of one function by the arguments at some positions."""

    __slots__ = ("_buckets", "_part", "_positions")

    def __init__(
        self, positions: tuple[int, ...], part: Part, computeds: Iterable[Computed[Any]]
    ) -> None:
        self._positions = positions
        self._part = part
        self._buckets: dict[Hashable, dict[Computed[Any], None]] = {}
        for computed in computeds:
            self.add(computed)

    def named(self, arguments: tuple[Any, ...]) -> Hashable:
        """What names the arguments at these positions."""
        return tuple(self._part(position, arguments[position]) for position in self._positions)

    def add(self, computed: Computed[Any]) -> None:
        """It can be found."""
        self._buckets.setdefault(self.named(computed._arguments), {})[computed] = None

    def remove(self, computed: Computed[Any]) -> None:
        """It cannot be found any more."""
        name = self.named(computed._arguments)
        bucket = self._buckets[name]
        del bucket[computed]
        if not bucket:
            del self._buckets[name]

    def matching(self, pattern: tuple[Any, ...]) -> Iterable[Computed[Any]]:
        """The computeds that a pattern matches."""
        return self._buckets.get(self.named(pattern), ())
