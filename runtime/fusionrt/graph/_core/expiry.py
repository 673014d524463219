"""Invalidation by time; a pending timer keeps nothing alive (G24), and goes with its computed."""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, Any

from ..origin import Origin, OriginKind
from .invalidate import invalidate

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["expire_after"]


class _Expiring(weakref.ref["Computed[Any]"]):
    """A computed with a limited life, and the timer that ends it."""

    __slots__ = ("timer",)

    timer: asyncio.TimerHandle


def expire_after(computed: Computed[Any], seconds: float) -> None:
    """Invalidate it in so many seconds, if it still exists then."""
    computed._function.graph.limited.add(computed)
    expiring = _Expiring(computed, _stop)
    loop = computed._function.graph.loop
    expiring.timer = loop.call_later(seconds, _expire, expiring, seconds)


def _expire(expiring: _Expiring, seconds: float) -> None:
    _stop(expiring)
    computed = expiring()
    if computed is not None:
        invalidate(computed, Origin(OriginKind.EXPIRY, f"expired after {seconds:g} s"))


def _stop(expiring: _Expiring) -> None:
    expiring.timer.cancel()  # the timer lets go of what refers to it
