"""Invalidation by time; a pending timer keeps nothing alive (G24)."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from .invalidate import invalidate
from .origin import Origin, OriginKind

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["expire_after"]


def expire_after(computed: Computed[Any], seconds: float) -> None:
    """Invalidate it in so many seconds, if it still exists then."""
    computed._function.graph.loop.call_later(seconds, _expire, weakref.ref(computed), seconds)


def _expire(reference: weakref.ref[Computed[Any]], seconds: float) -> None:
    computed = reference()
    if computed is not None:
        invalidate(computed, Origin(OriginKind.EXPIRY, f"expired after {seconds:g} s"))
