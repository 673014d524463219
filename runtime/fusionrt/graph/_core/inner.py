"""What other rooms may ask of a computed, and its users may not: the inner interface of the core.

Whatever these do not tell, a public property of `Computed` does, or it is nobody's business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .computed import UNSET, Computed, Handler
from .scope import SCOPE, innermost

if TYPE_CHECKING:
    from .function import Function
    from .leases import Lease

__all__ = [
    "arguments_of",
    "function_of",
    "hits_of",
    "innermost_computed",
    "is_awaited",
    "is_limited",
    "key_of",
    "leases_of",
    "listen",
    "made_from",
    "made_with",
    "unlisten",
    "value_of",
]


def function_of(computed: Computed[Any]) -> Function[Any]:
    """The function whose result it is."""
    return computed._function


def arguments_of(computed: Computed[Any]) -> tuple[Any, ...]:
    """The normalised arguments that it is the result for."""
    return computed._arguments


def key_of(computed: Computed[Any]) -> object:
    """What names it among the results of its function."""
    return computed._key


def innermost_computed() -> Computed[Any] | None:
    """The result whose body the running code belongs to, if it is one that is kept."""
    scope = innermost(SCOPE.get())
    return scope if isinstance(scope, Computed) else None


def value_of(computed: Computed[Any], default: Any) -> Any:
    """Its value; the default if it has an error, or nothing."""
    none = computed._value is UNSET or computed._error is not None
    return default if none else computed._value


def listen(computed: Computed[Any], listener: Handler) -> None:
    """As `on_invalidated`, for who listens to thousands: nothing is made for that, and `unlisten`
    ends it. Listeners are told apart by `==`.
    """
    computed._listen(listener, listener)


def unlisten(computed: Computed[Any], listener: Handler) -> None:
    """Tell it nothing any more."""
    if computed._handlers is not None:
        computed._handlers.pop(listener, None)


def leases_of(computed: Computed[Any]) -> tuple[Lease, ...]:
    """The promises that its freshness depends on (D6b)."""
    return tuple(computed._leases)


def made_from(computed: Computed[Any]) -> list[Computed[Any]]:
    """What it was made from; not to be changed."""
    return computed._function.made_from(computed)


def made_with(computed: Computed[Any]) -> list[Computed[Any]]:
    """What was made from it, so far as it holds."""
    return computed._function.made_with(computed)


def is_limited(computed: Computed[Any]) -> bool:
    """Whether its life was limited when it was computed, so that it ends by itself (G22)."""
    return computed._expires


def hits_of(computed: Computed[Any]) -> int:
    """How often the hot path answered with it, since that was added to the counts."""
    return 0 if computed._hit is None else computed._hit.used


def is_awaited(computed: Computed[Any], own: int) -> bool:
    """Whether somebody wants to hear of it, or of what was made from it.

    own: handlers of the result itself that are nobody's wish.
    """
    pending, seen = [computed], {computed}
    while pending:
        each = pending.pop()
        handlers = each._handlers or ()
        if len(handlers) > (own if each is computed else 0) or each._run is not None:
            return True
        made = [*each._dependants, *(each._weak_dependants or ())]
        pending += [other for other in made if other not in seen]
        seen.update(made)
    return False
