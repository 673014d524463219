"""`Contexts`: what bodies start from, and whether one has left everything as it found it."""

from __future__ import annotations

import contextvars
from gc import get_referents
from operator import is_
from typing import Any, Final

from ...native import twin

__all__ = ["Contexts", "variables"]

_NOTHING: Final = object()


@twin
def variables() -> object:
    """What holds the variables that the running code sees: it never changes, so that there is
    another one as soon as one was set. To look at them all takes twice as long.
    """
    return get_referents(contextvars.copy_context())[-1]


class Contexts:
    """Bodies that run in one task one after the other must not see each other's variables.

    Variables are compared by identity: equal values may be changed apart from each other, and what
    `==` of a stranger's value does is not known.
    """

    def __init__(self, context: contextvars.Context) -> None:
        """context: what every body starts from."""
        self._base = context.copy()
        self.fresh: Final = self._base.copy
        """Makes a context to start from."""
        self._measure()

    def is_clean(self) -> bool:
        """Whether the running code would see nothing else than in a fresh one."""
        context = contextvars.copy_context()
        if len(context) == self._count and all(map(is_, context.values(), self._values)):
            return True
        return self._is_alike(context)

    def _is_alike(self, context: contextvars.Context) -> bool:
        """Nobody sees whether a variable was set to what it is without that: such a one is set
        from now on, so that the next body is known to be clean at a look.
        """
        base = self._base
        if any(_seen(var, context) is not _seen(var, base) for var in {**context, **base}):
            return False
        for var, value in context.items():
            base.run(var.set, value)
        self._measure()
        return True

    def _measure(self) -> None:
        self._count = len(self._base)
        self._values = tuple(self._base.values())


def _seen(var: contextvars.ContextVar[Any], context: contextvars.Context) -> object:
    try:
        return context.run(var.get)
    except LookupError:
        return _NOTHING
