"""What belongs to one event loop of this process."""

from __future__ import annotations

from typing import Any, Self, SupportsIndex

from ..errors import UnsupportedType

__all__ = ["Rooted"]


class Rooted:
    """Base of what cannot be had twice: a copy of what refers to it refers to the same (G39).

    Raises, when it is pickled:
        UnsupportedType: it cannot be.
    """

    __slots__ = ()

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> str | tuple[Any, ...]:
        raise UnsupportedType(
            type(self).__name__,
            "cannot be pickled: it belongs to an event loop of this process; "
            "leave it out (`__getstate__`), and make another one where it is needed",
        )
