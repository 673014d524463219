"""The hot part of a call: the answer is there, and provably fresh (D6b).

Hotter still are the hits that the methods of services and clients find by themselves: see `Hit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...primitives import current_task
from ..events import EventKind
from ..home import at_home
from ..state import CONSISTENT, INVALIDATED, NONE_HELD
from .computed import Computed
from .edges import check_scope, link
from .execute import ended, enter, failed, succeeded
from .fetch_cold import answers, begin, failed_before, is_old_news, prove, wait
from .scope import SCOPE, Isolated, Recomputing

if TYPE_CHECKING:
    from .function import Function

__all__ = ["fetch_hot"]


async def fetch_hot(
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
    caller = dependant = None
    scope = SCOPE.get()
    if scope is not None:
        if type(scope) is Recomputing:
            found = function.find(key)
            if found is not None and found._state is CONSISTENT:
                return found.value if use else found
            if use:
                return await function.past(arguments)
        around = scope.around if type(scope) is Isolated else scope
        if isinstance(around, Computed):
            caller = around
            if around._run is not None and around._function.graph is not graph:
                check_scope(around)
            if use and around is scope:
                dependant = around
    missed = False
    while True:
        computed = function.table.get(key)
        if computed is None and function.weak is not NONE_HELD:
            computed = function.promote(key)
        if computed is None or computed._state is not CONSISTENT:
            # A loop that runs is not closed, so that `graph.closed` need not be asked.
            if computed is None and (not here or function.disposed or graph.ended):
                function.check_usable()
            joined = computed is not None and not missed
            if not missed:
                function.counts.misses += 1
                missed = True
            waiting = caller._run if caller is not None else None
            flow = current_task(graph.loop)
            is_new = computed is None
            if computed is None:
                computed = begin(function, key, arguments, waiting, flow)
            run = computed._run
            assert run is not None
            inline = is_new and run.task is None
            # What began before this process changed something may not reflect that (D15).
            flagged = computed._origin is not None or computed.version < graph.wrote_at
            doubt = None
            if caller is not None and waiting is not None:
                doubt = wait(caller, waiting, computed, flow, dependant)
            try:
                if not inline:
                    await ended(computed, run, doubt)
                else:
                    # As `execute`, without its frame: deep chains are made of frames.
                    if graph.events.handlers:
                        graph.events.emit(EventKind.BODY_STARTED, computed)
                    enter(computed)
                    while computed._run is run:
                        try:
                            value = await function.body(*arguments)
                        except BaseException as error:
                            if failed(computed, run, scope, error):
                                raise
                        else:
                            succeeded(computed, run, scope, value)
            finally:
                if waiting is not None:
                    waiting.go_on(flow)
                if inline and computed._run is run and at_home(graph.home):
                    # A RecursionError: no frame is left, to run or settle it or to call here.
                    SCOPE.set(scope)
                    computed._run = None
                    computed._state = INVALIDATED
                    del function.table[key]
                    function.indexes = {}  # the next wildcard makes them anew
                    for waiter in run.waiters:
                        if not waiter.done():
                            waiter.set_result(None)
            if computed._state is CONSISTENT:
                # It may be older than what this process has changed since (D15).
                if not computed._leases or stale_ok or computed._is_leased():
                    break
            elif (
                not flagged
                and not (joined and is_old_news(computed))
                and answers(computed, run, inline, dependant)
            ):
                break
        elif computed._leases and not stale_ok and not computed._is_leased():
            await prove(computed)
        else:
            if dependant is not None and dependant._run is not None:
                link(dependant, computed)
            computed._used = True
            if not missed:
                function.counts.hits += 1
            if computed._hit is None:
                function.heat(computed)
            break
    if computed._error is None:
        return computed._value if use else computed
    if not missed:
        await failed_before(computed)
    return computed.value if use else computed
