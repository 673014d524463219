"""Recomputing: running a body again beside its result, to see whether that still holds.

It leaves no trace: no edge, no use, no new result. What it reads is answered by the cache, as it
is there; what is not there is computed and not kept.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from .scope import Uncached, run_in

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["Recomputing", "recompute"]


class Recomputing(Uncached):
    """The scope of a body that runs again; see `fetch`."""

    __slots__ = ()

    def track(self, used: Computed[Any]) -> bool:
        return False  # the hot path would count a use


async def recompute(computed: Computed[Any]) -> Any:
    """What the body returns now, for the same arguments; raises what it raises."""
    body = partial(computed._function.past, computed._arguments)
    return await run_in(Recomputing(computed.key), body)
