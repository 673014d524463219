"""`invalidation_delay`: many invalidations in one window make one transition (G25)."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["postpone"]


def postpone(computed: Computed[Any], overdue: Callable[[Computed[Any]], None]) -> None:
    """Call `overdue` with it when the delay of its method is over, if it still exists then.

    Further invalidations until then change nothing: the first one has set the time.
    """
    graph = computed._function.graph
    if computed in graph.postponed:
        return
    graph.postponed.add(computed)

    def due(reference: weakref.ref[Computed[Any]]) -> None:
        late = reference()
        if late is not None:
            graph.postponed.discard(late)
            overdue(late)

    graph.loop.call_later(computed._function.delay, due, weakref.ref(computed))
