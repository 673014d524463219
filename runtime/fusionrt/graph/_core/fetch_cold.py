"""The cold part of a call: a body must run, or is running, or freshness must be proven first.

A call joins the body that runs (G18) unless that was flagged before the call (G5b); then it waits
for its end and runs it anew (G17).
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
from .run import Run

if TYPE_CHECKING:
    from .function import Function

__all__ = ["fetch_cold", "prove"]


async def fetch_cold(
    function: Function[Any],
    key: object,
    arguments: tuple[Any, ...],
    computed: Computed[Any] | None,
    caller: Computed[Any] | None,
    dependant: Computed[Any] | None,
) -> Computed[Any] | None:
    """Run the body, or wait for the one that runs: the settled computed; None to look again.

    computed: whose body runs, if one does.
    caller: the body that waits for it. dependant: the same, if it will depend on it.

    Raises:
        CycleError: the body that calls waits for itself by what it calls.
        BaseException: what ended the body, if that was neither an `Exception` nor a cancellation.
    """
    waiting = caller._run if caller is not None else None
    flow = current_task(function.graph.loop)
    inline = False
    if computed is None:
        depth = 0 if waiting is None else waiting.depth + 1
        run = Run(depth, flow)
        computed = Computed(function, key, arguments, run)
        inline = not function.apart and (depth == 0 or fits_inline(depth))
        if flow is not None and flow.cancelling():
            inline = False  # a request during the body could not be told from that one (G19)
        if not inline:
            start(computed)
        if function.indexes:
            function.enter(computed)
        else:  # the same without the call, for this is the way of every miss
            function.table[key] = computed
    else:
        assert computed._run is not None
        run = computed._run
    flagged = computed._origin is not None
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
            # A RecursionError: no frame is left, neither to run or settle it nor to call here.
            computed._run = None
            computed._state = INVALIDATED
            del function.table[key]
            function.indexes = {}  # the next wildcard makes them anew
            for waiter in run.waiters:
                if not waiter.done():
                    waiter.set_result(None)
    if computed._state is CONSISTENT or (
        not flagged and _answers(computed, run, inline, dependant)
    ):
        return computed
    return None


def _answers(
    computed: Computed[Any], run: Run, inline: bool, dependant: Computed[Any] | None
) -> bool:
    """Whether the body that ended has an outcome for this call, though it is not cached.

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


async def prove(computed: Computed[Any]) -> None:
    """Wait until a lease of it that has lapsed is proven, or what leans on it has ended."""
    for lease in computed._leases:
        if not lease.live():
            await lease.revalidate()
            return
