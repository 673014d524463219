"""The cold part of a call: a body must run, or is running, or freshness must be proven first.

A call joins the body that runs (G18) unless that was flagged before the call (G5b); then it waits
for its end and runs it anew (G17).

What is awaited is awaited in `fetch_hot`: each frame more makes a deep chain slower, and shorter
what fits on a stack (G35).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ...errors import FusionError
from ...native import hand, twin
from ..failures import is_cacheable
from ..origin import OriginKind
from .computed import UNSET, Computed
from .cycles import suspect
from .edges import link
from .execute import fits_inline, start
from .run import Run

if TYPE_CHECKING:
    from .cycles import Suspicion
    from .function import Function
    from .run import Flow

__all__ = ["answers", "begin", "failed_before", "is_old_news", "prove", "wait"]


def begin(
    function: Function[Any],
    key: object,
    arguments: tuple[Any, ...],
    waiting: Run | None,
    flow: Flow,
) -> Computed[Any]:
    """A computed whose body is to run: found by its key from now on (G4).

    If its run has no task, the caller runs the body, in its own.
    """
    depth = 0 if waiting is None else waiting.depth + 1
    computed = begun(function, key, arguments, depth, flow)
    if (
        function.apart
        or not (depth == 0 or fits_inline(depth))
        # A request during the body could not be told from that one (G19).
        or (flow is not None and flow.cancelling())
    ):
        start(computed)
    if function.indexes:
        function.enter(computed)
    else:  # the same without the call, for this is the way of every miss
        function.table[key] = computed
    return computed


@twin
def begun(
    function: Function[Any], key: object, arguments: tuple[Any, ...], depth: int, flow: Flow
) -> Computed[Any]:
    """A computed with a run."""
    return Computed(function, key, arguments, Run(depth, flow))


hand(computed_class=Computed, run_class=Run)


def wait(
    caller: Computed[Any],
    waiting: Run,
    computed: Computed[Any],
    flow: Flow,
    dependant: Computed[Any] | None,
) -> Suspicion | None:
    """The body that calls waits for the other one from now on; what is returned is to be asked.

    dependant: the same, if it will depend on it.

    Raises:
        CycleError: the body that calls waits for itself by what it calls.
    """
    run = computed._run
    assert run is not None
    doubt = None
    if run.awaited is not None or run.waits or caller is computed:
        doubt = suspect(caller, computed, flow)
    if dependant is not None and computed._origin is None and caller is not computed:
        run.join(caller)
    waiting.wait_for(computed, flow)
    return doubt


def answers(
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


def is_old_news(computed: Computed[Any]) -> bool:
    """Whether another process said that it is stale: perhaps since before a call joined it, and it
    was told only now (D14). Not if it is an error that is cached nowhere.
    """
    origin, error = computed._origin, computed._error
    is_told = origin is not None and origin.kind is OriginKind.REMOTE
    return is_told and (error is None or is_cacheable(error))


async def prove(computed: Computed[Any]) -> None:
    """Wait until a lease of it that has lapsed is proven, or what leans on it has ended."""
    for lease in computed._leases:
        if not lease.live():
            await lease.revalidate()
            return


async def failed_before(computed: Computed[Any]) -> None:
    """It was cached, and failed. If its error is the runtime's own, or one that time may end, the
    loop has its turn: whoever tries again at once would keep it from all that could help.
    """
    error = computed._error
    if isinstance(error, FusionError) or (
        error is not None and computed._function.graph.judge.is_transient(error)
    ):
        await asyncio.sleep(0)
