"""Fetching: answer from the table, join the body that runs, or run it.

A call may join a running body unless that was flagged before the call (G5b); then it waits for its
end and runs it anew (G17).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...primitives import current_task
from ..home import at_home
from ..state import CONSISTENT, INVALIDATED, NONE_HELD
from .computed import UNSET, Computed
from .cycles import suspect
from .edges import check_scope, link
from .execute import ended, execute, fits_inline, start
from .run import Run
from .scope import SCOPE, Isolated, Recomputing

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
    edge, caller = use, None
    scope = SCOPE.get()
    if scope is not None:
        if type(scope) is Isolated:
            scope, edge = scope.around, False
        if isinstance(scope, Computed):
            caller = scope
            if scope._run is not None and scope._function.graph is not graph:
                check_scope(scope)
        elif type(scope) is Recomputing:
            found = function.find(key)
            if found is not None and found._state is CONSISTENT:
                return found.value if use else found
            if use:
                return await function.past(arguments)
    counted = False
    while True:
        waiting = caller._run if caller is not None else None
        computed = function.table.get(key)
        if computed is None and function.weak is not NONE_HELD:
            computed = function.promote(key)
        if computed is None:
            # A loop that runs is not closed, so that `graph.closed` need not be asked.
            if not here or function.disposed or graph._closed:
                function.check_usable()
            depth = 0 if waiting is None else waiting.depth + 1
            flow = current_task(graph.loop)
            inline = not function.apart and (depth == 0 or fits_inline(depth))
            if flow is not None and flow.cancelling():
                inline = False  # a request during the body could not be told from that one (G19)
            run = Run(depth, flow)
            computed = Computed(function, key, arguments, run)
            if not inline:
                start(computed)
            if function.indexes:
                function.enter(computed)
            else:  # the same without the call, for this is the way of every miss
                function.table[key] = computed
            flagged = False
        elif computed._state is CONSISTENT:
            if computed._leases and not stale_ok:
                lapsed = next((lease for lease in computed._leases if not lease.live()), None)
                if lapsed is not None:
                    await lapsed.revalidate()
                    continue
            if edge and caller is not None and waiting is not None:
                link(caller, computed)
            computed._used = True
            if not counted:
                function.counts.hits += 1
            if computed._hit is None:
                function.heat(computed)
            break
        else:
            inline = False
            flow = current_task(graph.loop)
            flagged = computed._origin is not None
            assert computed._run is not None
            run = computed._run
        if not counted:
            function.counts.misses += 1
            counted = True
        doubt = None
        if caller is not None and waiting is not None:
            if run.waits or caller is computed:
                doubt = suspect(caller, computed, flow)
            if edge and not flagged and caller is not computed:
                run.join(caller)
            waiting.wait_for(computed, flow)
        try:
            await (execute(computed) if inline else ended(computed, run, doubt))
        finally:
            if waiting is not None:
                waiting.waits.pop(flow, None)
            if inline and computed._run is run and at_home(graph.home):
                # A RecursionError: no frame is left, neither to run or settle it nor to call here.
                computed._run = None
                computed._state = INVALIDATED
                del function.table[key]
                function.indexes = {}  # the next wildcard makes them anew
                for waiter in run.waiters:
                    if not waiter.done():
                        waiter.set_result(None)
        if not flagged:
            if run.failure is not None:
                raise run.failure
            if run.disowned:
                if not inline:
                    continue
                if edge and caller is not None and caller._run is not None:
                    link(caller, computed)
            if computed._value is not UNSET or computed._error is not None:
                break
    if not use:
        return computed
    return computed._value if computed._error is None else computed.value
