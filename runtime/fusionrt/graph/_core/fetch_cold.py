"""The cold part of a call: a body must run, or is running, or freshness must be proven first.

A call may join a running body unless that was flagged before the call (G5b); then it waits for its
end and runs it anew (G17).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...primitives import current_task
from ..home import at_home
from ..state import CONSISTENT, INVALIDATED
from .computed import UNSET, Computed
from .cycles import suspect
from .edges import link
from .execute import ended, execute, fits_inline, start
from .fetch_hot import fetch_hot
from .run import Run

if TYPE_CHECKING:
    from .function import Function

__all__ = ["fetch_cold"]


async def fetch_cold(
    function: Function[Any],
    key: object,
    arguments: tuple[Any, ...],
    caller: Computed[Any] | None,
    dependant: Computed[Any] | None,
    stale_ok: bool,
    here: bool,
) -> Computed[Any]:
    """The settled computed, which was not to be had at once.

    caller: the body that waits for it. dependant: the same, if it will depend on it.
    here: whether it is certain that the graph's loop runs here.

    Raises:
        as `fetch` does.
    """
    missed = False
    while True:
        computed = function.table.get(key)
        if computed is not None and computed._state is CONSISTENT:
            await _prove(computed)
        else:
            waiting = caller._run if caller is not None else None
            flow = current_task(function.graph.loop)
            inline = False
            if computed is None:
                # A loop that runs is not closed, so that `graph.closed` need not be asked.
                if not here or function.disposed or function.graph.ended:
                    function.check_usable()
                run = Run(0 if waiting is None else waiting.depth + 1, flow)
                computed = Computed(function, key, arguments, run)
                inline = _begin(computed, run)
            else:
                assert computed._run is not None
                run = computed._run
            flagged = computed._origin is not None
            if not missed:
                function.counts.misses += 1
                missed = True
            doubt = None
            if caller is not None and waiting is not None:
                if run.waits or caller is computed:
                    doubt = suspect(caller, computed, flow)
                if dependant is not None and not flagged and caller is not computed:
                    run.join(caller)
                waiting.wait_for(computed, flow)
            try:
                await (execute(computed) if inline else ended(computed, run, doubt))
            finally:
                if waiting is not None:
                    waiting.waits.pop(flow, None)
                if inline and computed._run is run and at_home(function.graph.home):
                    _collapse(computed, run)
            if not flagged and _answers(computed, run, inline, dependant):
                return computed
        hot = fetch_hot(function, key, dependant, stale_ok)
        if hot is not None:
            if not missed:
                function.counts.hits += 1
            return hot


async def _prove(computed: Computed[Any]) -> None:
    """Wait until a lease of it that has lapsed is proven, or has ended with it."""
    for lease in computed._leases:
        if not lease.live():
            await lease.revalidate()
            return


def _begin(computed: Computed[Any], run: Run) -> bool:
    """From now on it can be found (G4); whether the caller is to run the body in its own task."""
    function, flow = computed._function, run.flow
    inline = not function.apart and (run.depth == 0 or fits_inline(run.depth))
    if flow is not None and flow.cancelling():
        inline = False  # a request during the body could not be told from that one (G19)
    if not inline:
        start(computed)
    if function.indexes:
        function.enter(computed)
    else:  # the same without the call, for this is the way of every miss
        function.table[computed._key] = computed
    return inline


def _answers(
    computed: Computed[Any], run: Run, inline: bool, dependant: Computed[Any] | None
) -> bool:
    """Whether the body that ended has an outcome for this call.

    Raises:
        BaseException: what ended it, if that was neither an `Exception` nor a cancellation.
    """
    if run.failure is not None:
        raise run.failure
    if run.disowned:
        if not inline:
            return False
        if dependant is not None and dependant._run is not None:
            link(dependant, computed)
    return computed._value is not UNSET or computed._error is not None


def _collapse(computed: Computed[Any], run: Run) -> None:
    """A RecursionError: no frame was left, neither to run or settle it nor, here, to call much."""
    computed._run = None
    computed._state = INVALIDATED
    del computed._function.table[computed._key]
    computed._function.indexes = {}  # the next wildcard makes them anew
    for waiter in run.waiters:
        if not waiter.done():
            waiter.set_result(None)
