"""The states of a computed."""

from __future__ import annotations

import weakref
from enum import Enum
from typing import Any, Final

from ..native import hand

__all__ = ["COMPUTING", "CONSISTENT", "INVALIDATED", "NONE", "NONE_HELD", "NOTHING", "State"]


class State(Enum):
    """Computing → Consistent → Invalidated, or Computing → Invalidated; never back (G1)."""

    COMPUTING = "computing"
    CONSISTENT = "consistent"
    INVALIDATED = "invalidated"


# Looking a member up in its Enum is slow on 3.11; the hot path reads these.
COMPUTING: Final = State.COMPUTING
CONSISTENT: Final = State.CONSISTENT
INVALIDATED: Final = State.INVALIDATED

NOTHING: Final[list[Any]] = []
"""An empty list that all share; never added to."""
NONE: Final[dict[Any, None]] = {}
"""An empty set that all share; never added to. The graph's sets are dicts: their order replays."""
NONE_HELD: Final[weakref.WeakValueDictionary[Any, Any]] = weakref.WeakValueDictionary()
"""The same for weak entries. Whether one is empty is slow to ask, whether it is this one is not."""

hand(
    computing=COMPUTING,
    consistent=CONSISTENT,
    invalidated=INVALIDATED,
    nothing=NOTHING,
    none=NONE,
    none_held=NONE_HELD,
)
