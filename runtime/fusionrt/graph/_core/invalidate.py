"""Invalidation: mark the whole closure (G5, G7, G8), then tell the handlers (G14, G15).

Two phases, so that no handler sees a half-marked closure (G15b); a worklist, so that depth does not
matter (G35). A Computing computed cannot be marked yet: it is flagged, with every body that waits
for it (G5, G5c, G7), and ends Invalidated.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ...native import hand, twin
from ..events import EventKind
from ..origin import Origin, OriginKind
from ..state import COMPUTING, CONSISTENT, INVALIDATED, NONE, NOTHING
from .delay import postpone
from .scope import SCOPE, innermost

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["invalidate", "mark", "notify", "retire"]


_BY_HAND: Final = (OriginKind.CALL, OriginKind.COMMAND, OriginKind.STATE)


def invalidate(computed: Computed[Any], origin: Origin) -> None:
    """Invalidate it and everything made from it. Never raises (G15)."""
    notify(mark([computed], origin))


def mark(
    computeds: Iterable[Computed[Any]],
    origin: Origin,
    cause: Computed[Any] | None = None,
    *,
    due: Computed[Any] | None = None,
) -> list[Computed[Any]]:
    """Invalidate them and everything made from them: those of which somebody wants to know, whom
    the caller must `notify`.

    What is Computing is flagged, and told of if somebody watches for that. What has an
    `invalidation_delay` stays as it is until that is over, unless it is `due` (G25), or its service
    is gone.
    """
    batch = list(computeds)
    told: list[Computed[Any]] = []
    flagged: list[Computed[Any]] = []
    at_once = origin.kind is OriginKind.DISPOSED
    count = spread(batch, origin, cause, due, at_once, told, flagged)
    if count:
        batch[0]._function.graph.invalidated[origin.kind] += count
    if flagged:
        if cause is None and origin.kind in _BY_HAND:
            _tell_in_vain(flagged, origin)
        told += [each for each in flagged if each._key in each._function.watched]
    return told


@twin
def spread(
    computeds: Collection[Computed[Any]],
    origin: Origin,
    cause: Computed[Any] | None,
    due: Computed[Any] | None,
    at_once: bool,
    told: list[Computed[Any]],
    flagged: list[Computed[Any]],
) -> int:
    """Mark the closure: how many were Invalidated.

    The lists are given those of which somebody wants to know, and what is flagged.
    """
    pending = [(cause, computeds)]  # it keeps all of them until the end: a value may end in
    count = 0  # code of its own, and that sees no half-marked closure either (G15b)
    for cause, computeds in pending:
        for computed in computeds:
            if computed._state is CONSISTENT:
                function = computed._function
                if function.delay and computed is not due and not at_once:
                    _postpone(computed, origin)
                    continue
                computed._state = INVALIDATED
                computed._origin = origin
                computed._cause = cause
                following: Collection[Computed[Any]] = computed._dependants
                if computed._weak_dependants:
                    following = _following(computed)
                # As `retire`, without the call: in a long cascade this is most of the work.
                function.forget(computed)
                for dependency in computed._dependencies:
                    if dependency._state is not INVALIDATED:
                        _part(dependency, computed)
                computed._dependencies = NOTHING
                computed._dependants = NONE
                count += 1
                if computed._handlers or function.graph.events.handlers:
                    told.append(computed)
            elif computed._state is COMPUTING and computed._origin is None:
                flagged.append(computed)
                following = _flag(computed, origin, cause)
            else:
                continue
            if following:
                pending.append((computed, following))
    return count


def _postpone(computed: Computed[Any], origin: Origin) -> None:
    postpone(computed, partial(_overdue, origin))


def _following(computed: Computed[Any]) -> dict[Computed[Any], None]:
    """What was made from it, so far as it holds."""
    return {**computed._dependants, **dict.fromkeys(computed._weak_dependants or ())}


def _flag(
    computed: Computed[Any], origin: Origin, cause: Computed[Any] | None
) -> Collection[Computed[Any]]:
    """Note that it will be Invalidated; the bodies that wait for it."""
    computed._origin = origin
    computed._cause = cause
    events = computed._function.graph.events
    if events.handlers:
        events.emit(EventKind.FLAGGED, computed)
    run = computed._run
    return run.joined() if run is not None else NONE


def _tell_in_vain(flagged: list[Computed[Any]], origin: Origin) -> None:
    """If a running body flagged itself, say so once, and on whatever waits for it: whenever that
    body runs, it does it again (G40).
    """
    body: Any = innermost(SCOPE.get())
    if getattr(body, "_run", None) is None:
        return
    in_vain = origin._replace(in_vain=True)
    waiting: dict[Computed[Any], list[Computed[Any]]] = {}
    for computed in flagged:
        for _, awaited in computed._run.all_waits() if computed._run is not None else ():
            waiting.setdefault(awaited, []).append(computed)
        if computed is body:
            body._origin = in_vain
            body._function.tell_in_vain(body, origin)
    pending = [body]
    while pending:
        for computed in waiting.pop(pending.pop(), ()):
            computed._origin = in_vain
            pending.append(computed)


def retire(computed: Computed[Any]) -> None:
    """Take an Invalidated computed out of its table and its edges away (G9, G13)."""
    computed._function.forget(computed)
    for dependency in computed._dependencies:
        if dependency._state is not INVALIDATED:
            _part(dependency, computed)
    computed._dependencies = NOTHING
    computed._dependants = NONE


def _part(dependency: Computed[Any], dependant: Computed[Any]) -> None:
    """The dependency's half of an edge ends."""
    dependency._dependants.pop(dependant, None)
    if dependency._weak_dependants:
        dependency._weak_dependants.discard(dependant)


def _overdue(origin: Origin, computed: Computed[Any]) -> None:
    notify(mark([computed], origin, due=computed))


def notify(computeds: Iterable[Computed[Any]]) -> None:
    """Tell the handlers of Invalidated computeds, each exactly once (G14), and those of flagged
    ones that are watched.
    """
    for computed in computeds:
        _tell(computed)


def _tell(computed: Computed[Any]) -> None:
    function = computed._function
    if computed._state is COMPUTING:
        function.tell_flagged(computed)
        return
    events = function.graph.events
    if events.handlers:
        events.emit(EventKind.INVALIDATED, computed)
    handlers = computed._handlers
    if handlers:
        computed._handlers = None
        for token in list(handlers):
            # A handler may have unsubscribed this one.
            handler = handlers.pop(token, None)
            if handler is not None:
                computed._call(handler)


hand(postpone=_postpone, following=_following, flag=_flag)
