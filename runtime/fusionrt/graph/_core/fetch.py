"""Fetching: answer from the table, join the body that runs, or run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..home import at_home
from ..state import CONSISTENT
from .computed import Computed
from .edges import check_scope
from .fetch_cold import fetch_cold
from .fetch_hot import fetch_hot
from .scope import SCOPE, Recomputing, innermost

if TYPE_CHECKING:
    from .function import Function

__all__ = ["fetch"]


async def fetch(
    function: Function[Any],
    arguments: tuple[Any, ...],
    use: bool,
    alive: object,
    stale_ok: bool,
) -> Any:
    """The settled computed for these arguments; with `use` its value, and the body that calls
    depends on it.

    stale_ok: take it even where a lapsed lease makes its freshness unprovable (D7).
    alive: is kept alive until the call ends.

    Raises:
        CycleError: the body that calls waits for itself by what it calls.
        ServiceDisposed: the service is gone.
        WrongThread: this is not the thread of the graph's event loop.
        RemoteUnavailable: freshness could not be proven in time.
        BaseException: what ended the body, if that was neither an `Exception` nor a cancellation.
    """
    graph = function.graph
    here = at_home(graph.home)
    if not here:
        function.check_usable(to_look=True)
    key = function.key(arguments)
    caller, dependant = None, None
    scope = SCOPE.get()
    if scope is not None:
        if type(scope) is Recomputing:
            found = function.find(key)
            if found is not None and found._state is CONSISTENT:
                return found.value if use else found
            if use:
                return await function.past(arguments)
        around = innermost(scope)
        if isinstance(around, Computed):
            caller = around
            if around._run is not None and around._function.graph is not graph:
                check_scope(around)
            if use and around is scope:
                dependant = around
    computed = fetch_hot(function, key, dependant, stale_ok)
    if computed is None:
        computed = await fetch_cold(function, key, arguments, caller, dependant, stale_ok, here)
    else:
        function.counts.hits += 1
    if not use:
        return computed
    return computed._value if computed._error is None else computed.value
