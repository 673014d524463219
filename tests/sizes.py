"""How much a search looks at: little in `make test`, all of it in `make search`.

A search tries many cases: schedules, random contracts, networks, a very large graph. Its test is
marked `search` and names both sizes with `size`. It makes the same assertions in either.
"""

from __future__ import annotations

import os

__all__ = ["FULL", "size"]

FULL = os.environ.get("FUSION_SEARCH") == "full"
"""Whether searches look at all that they can."""


def size(small: int, full: int) -> int:
    """How many cases to look at in this run."""
    return full if FULL else small
