"""Fetching: answer from the table, join the body that runs, or run it.

A call may join a running body unless that was flagged before the call (G5b); then it waits for its
end and runs it anew (G17).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .computed import UNSET, Computed
from .edges import check_cycle, link
from .execute import LEVELS, Run, execute, start
from .scope import SCOPE
from .state import CONSISTENT

if TYPE_CHECKING:
    from .function import Function

__all__ = ["fetch"]

_T = TypeVar("_T")


async def fetch(
    function: Function[_T], arguments: tuple[Any, ...], *, edge: bool, stale_ok: bool
) -> Computed[_T]:
    """The settled computed for these arguments.

    edge: whether the body that calls depends on it.
    stale_ok: take it even where a lapsed lease makes its freshness unprovable (D7).

    Raises:
        CycleError: the body that calls is waited for by the one that it calls.
        ServiceDisposed: the service is gone.
        RemoteUnavailable: freshness could not be proven in time.
    """
    scope = SCOPE.get()
    caller = scope if isinstance(scope, Computed) and scope._run is not None else None
    key = function.key(arguments)
    while True:
        computed = function.table.get(key)
        if computed is None:
            function.check_usable()
            depth = 0 if caller is None or caller._run is None else caller._run.depth + 1
            computed = Computed(function, key, arguments, Run(depth))
            function.table[key] = computed
            inline = depth % LEVELS != LEVELS - 1
            if not inline:
                start(computed)
            await _wait(computed, caller, edge, inline)
        elif computed._state is CONSISTENT:
            if computed._leases and not stale_ok:
                lapsed = next((lease for lease in computed._leases if not lease.live()), None)
                if lapsed is not None:
                    await lapsed.revalidate()
                    continue
            if edge and caller is not None and caller._run is not None:
                link(caller, computed)
            return computed
        elif computed._origin is not None:  # flagged before this call
            await _wait(computed, caller, False, False)
            continue
        else:
            await _wait(computed, caller, edge, False)
        if computed._value is not UNSET or computed._error is not None:
            return computed


async def _wait(
    computed: Computed[Any], caller: Computed[Any] | None, edge: bool, inline: bool
) -> None:
    """Run the body, or wait until it ended; `caller`'s body waits for it all the while."""
    run = computed._run
    assert run is not None
    waiting = caller._run if caller is not None else None
    if waiting is not None:
        assert caller is not None
        if run.waits or caller is computed:
            check_cycle(caller, computed)
        if edge:
            run.joined.add(caller)
        waiting.waits[wait := object()] = computed
    try:
        if inline:
            await execute(computed)
        else:
            await _ended(run, computed)
    finally:
        if waiting is not None:
            del waiting.waits[wait]


async def _ended(run: Run, computed: Computed[Any]) -> None:
    waiter = computed._function.graph.loop.create_future()
    run.waiters.append(waiter)
    run.users += 1
    try:
        await waiter
    finally:
        run.users -= 1
        if run.task is not None and not run.users and computed._run is run:
            run.task.cancel()
