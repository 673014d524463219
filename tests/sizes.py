"""How much a search looks at: little in `make test`, much in `make search`, and where that would
take too long before each change, all of it in `make soak`.

A search tries many cases: schedules, random contracts, networks, a very large graph. Its test is
marked `search` and names its sizes with `size`. It makes the same assertions in each.
"""

from __future__ import annotations

import os

__all__ = ["FULL", "size"]

_SEARCH = os.environ.get("FUSION_SEARCH")
FULL = _SEARCH in ("full", "soak")
"""Whether searches look at much."""


def size(small: int, full: int, soak: int | None = None) -> int:
    """How many cases to look at in this run. soak: if it is not those of `make search`."""
    if soak is not None and _SEARCH == "soak":
        return soak
    return full if FULL else small
