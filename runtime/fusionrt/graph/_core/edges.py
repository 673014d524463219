"""Edges between computeds, made while the dependant's body runs (G10, G11, G12).

Edges are symmetric (G9). A *waiting edge* stands for a dependency that is still Computing (G5c):
it lies in the `Run` of both, and becomes an edge when the
dependency settles. A dependency that is Invalidated when its edge is made flags the dependant
(G12): so what is Consistent was made from what is Consistent (G8), and is what recomputing gives
(G6).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...native import twin
from ..home import at_home
from ..origin import Origin, OriginKind
from ..state import INVALIDATED, NONE, NOTHING
from .invalidate import mark

if TYPE_CHECKING:
    from .computed import Computed

__all__ = ["add_dependant", "check_scope", "link"]


def link(dependant: Computed[Any], dependency: Computed[Any]) -> None:
    """Make an edge; `dependant` is Computing, `dependency` is not."""
    if linked(dependant, dependency):
        return
    if dependency._state is INVALIDATED:
        origin = dependency._origin or Origin(OriginKind.RACE, "used while it was invalidated")
        for flagged in mark([dependant], origin, dependency):  # what waits for a body is Computing
            flagged._function.tell_flagged(flagged)
        return
    check_scope(dependant)
    dependency._function.graph.check_thread()
    _add(dependant, dependency)


@twin
def linked(dependant: Computed[Any], dependency: Computed[Any]) -> bool:
    """Make an edge, if no more is to be done about it than that; tells whether it is there."""
    if dependency._state is INVALIDATED:
        return False
    if dependant not in dependency._dependants:
        if dependant._function.graph is not dependency._function.graph:
            return False
        _add(dependant, dependency)
    return True


def _add(dependant: Computed[Any], dependency: Computed[Any]) -> None:
    add_dependant(dependency, dependant)
    dependencies = dependant._dependencies
    if dependencies is NOTHING:
        dependencies = dependant._dependencies = []
    dependencies.append(dependency)


def check_scope(scope: Computed[Any]) -> None:
    """Raise if the body whose code this seems to be runs elsewhere: its context was copied.

    Raises:
        WrongThread: it runs in another thread (G39).
    """
    if not at_home(scope._function.graph.home):
        scope._function.graph.check_thread()


def add_dependant(dependency: Computed[Any], dependant: Computed[Any]) -> None:
    """The dependency's half of an edge."""
    dependants = dependency._dependants
    if dependants is NONE:
        dependants = dependency._dependants = {}
        if dependency._hit is not None:
            dependency._hit.dependants = dependants
    dependants[dependant] = None
