"""The hot part of a call: the answer is there, and provably fresh.

Hotter still are the hits that the woven methods of a service find by themselves; see `Hit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..state import CONSISTENT, NONE_HELD
from .edges import link

if TYPE_CHECKING:
    from .computed import Computed
    from .function import Function
    from .hit import Hit

__all__ = ["at_hand", "fetch_hot"]


def fetch_hot(
    function: Function[Any], key: object, dependant: Computed[Any] | None, stale_ok: bool
) -> Computed[Any] | None:
    """The Consistent computed of the key, if there is one on which no lease has lapsed (D7).

    dependant: depends on it from now on, if its body still runs (G11).
    """
    computed = function.table.get(key)
    if computed is None:
        if function.weak is NONE_HELD:
            return None
        computed = function.promote(key)
        if computed is None:
            return None
    if computed._state is not CONSISTENT:
        return None
    if computed._leases and not stale_ok:
        for lease in computed._leases:
            if not lease.live():
                return None
    if dependant is not None and dependant._run is not None:
        link(dependant, computed)
    computed._used = True
    if computed._hit is None:
        function.heat(computed)
    return computed


def at_hand(computed: Computed[Any], stale_ok: bool) -> Hit | None:
    """Its value, if that is there and provably fresh; whoever takes it counts the use, and tracks.

    stale_ok: take it even where a lapsed lease makes its freshness unprovable (D7).
    """
    if computed._state is not CONSISTENT or computed._error is not None:
        return None
    if not stale_ok:
        for lease in computed._leases:
            if not lease.live():
                return None
    return computed._ready()
