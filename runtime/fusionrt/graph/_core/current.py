"""`current()`: what a running body can say of its own result (G2)."""

from __future__ import annotations

from ...errors import NotBoundError
from .computed import Computed
from .scope import SCOPE, Uncached

__all__ = ["Current", "current"]


class Current:
    """The computed whose body is running; all that can be done to it is to limit its life (G2).

    A body that runs past the cache, for a command, has none: there this does nothing.
    """

    __slots__ = ("_computed",)

    def __init__(self, computed: Computed[object] | None) -> None:
        self._computed = computed

    def invalidate_in(self, seconds: float) -> None:
        """Let the result be invalidated so long after it is computed; the shortest time counts.

        seconds: from the end of the body.

        Raises:
            NotBoundError: the body has ended.
        """
        if self._computed is None:
            return
        run = self._computed._run
        if run is None:
            raise NotBoundError(f"{self._computed.key} has been computed: set its life in the body")
        run.lifetime = min(run.lifetime, seconds)


def current() -> Current:
    """The computed whose body this code runs in.

    Raises:
        NotBoundError: no body is running here.
    """
    scope = SCOPE.get()
    if isinstance(scope, Computed) and scope._run is not None:
        return Current(scope)
    if isinstance(scope, Uncached) and scope.is_open and scope.reading is not None:
        return Current(None)
    raise NotBoundError("current() belongs inside the body of a compute method")
