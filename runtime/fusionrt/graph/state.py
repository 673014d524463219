"""The states of a computed."""

from __future__ import annotations

from enum import Enum
from typing import Final

__all__ = ["COMPUTING", "CONSISTENT", "INVALIDATED", "State"]


class State(Enum):
    """Computing → Consistent → Invalidated, or Computing → Invalidated; never back (G1)."""

    COMPUTING = "computing"
    CONSISTENT = "consistent"
    INVALIDATED = "invalidated"


# Looking a member up in its Enum is slow on 3.11; the hot path reads these.
COMPUTING: Final = State.COMPUTING
CONSISTENT: Final = State.CONSISTENT
INVALIDATED: Final = State.INVALIDATED
