"""Invalidation: mark the whole closure, then tell the handlers.

Two phases, so that no handler sees a half-marked closure (G15b); a worklist, so that depth does not
matter (G35). A Computing computed cannot be marked yet: it is flagged, with every body that waits
for it (G5c, G7), and ends Invalidated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .events import EventKind
from .origin import Origin
from .state import COMPUTING, CONSISTENT, INVALIDATED

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["flag", "invalidate", "notify", "retire"]


def invalidate(computed: Computed[Any], origin: Origin) -> None:
    """Invalidate it and everything made from it. Never raises (G15)."""
    _spread([computed], origin, None)


def flag(computed: Computed[Any], origin: Origin, cause: Computed[Any] | None) -> None:
    """Note that the result of a Computing computed will be stale."""
    _spread([computed], origin, cause)


def _spread(pending: list[Computed[Any]], origin: Origin, cause: Computed[Any] | None) -> None:
    causes: list[Computed[Any] | None] = [cause]
    marked: list[Computed[Any]] = []
    while pending:
        computed = pending.pop()
        cause = causes.pop()
        if computed._state is CONSISTENT:
            computed._state = INVALIDATED
            computed._origin = origin
            computed._cause = cause
            following = computed._dependants
            retire(computed)
            marked.append(computed)
        elif computed._state is COMPUTING and computed._origin is None:
            computed._origin = origin
            computed._cause = cause
            events = computed._function.graph.events
            if events.handlers:
                events.emit(EventKind.FLAGGED, computed)
            run = computed._run
            following = run.joined if run is not None else ()  # type: ignore[assignment]
        else:
            continue
        if following:
            pending.extend(following)
            causes.extend([computed] * len(following))
    for computed in marked:
        notify(computed)


def retire(computed: Computed[Any]) -> None:
    """Take an Invalidated computed out of its table and its edges away (G9, G13)."""
    function = computed._function
    function.forget(computed)
    dependencies = computed._dependencies
    if dependencies:
        computed._dependencies = []
        for dependency in dependencies:
            if dependency._state is not INVALIDATED:
                dependency._dependants.discard(computed)  # type: ignore[union-attr]
    computed._dependants = frozenset()


def notify(computed: Computed[Any]) -> None:
    """Tell the handlers of an Invalidated computed, each exactly once (G14)."""
    events = computed._function.graph.events
    if events.handlers:
        events.emit(EventKind.INVALIDATED, computed)
    handlers = computed._handlers
    if handlers:
        computed._handlers = None
        # Popped one by one: a handler may unsubscribe another.
        handlers.reverse()
        while handlers:
            computed._call(handlers.pop())
