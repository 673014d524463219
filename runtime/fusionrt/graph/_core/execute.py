"""Running a body: in its caller's task, and every so many levels in a task of its own.

Inline costs no task; but awaiting dies near 1,000 frames, so a deep chain changes tasks (G35), the
sooner the more frames each body brings.

Whether a body's cancellation was asked for is certain in a task of its own: only the engine cancels
that. A caller's task merely counts requests, and some are never taken back: a TaskGroup of Python
3.11 and 3.12 leaves one behind when it fails. So where the count tells, the outcome is not kept
(G19), and from then on the bodies of that function run in tasks of their own.
"""

from __future__ import annotations

import asyncio
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ...errors import ForeignCancellation
from ...native import twin
from ...primitives import run_in_loop, spawn
from ..events import EventKind
from ..failures import is_cacheable
from ..origin import Origin, OriginKind
from ..replay import replayed, stored
from ..state import CONSISTENT, INVALIDATED, NOTHING
from .edges import link
from .expiry import expire_after
from .flows import left_behind
from .invalidate import notify, retire
from .run import FOREVER, Run
from .scope import SCOPE

if TYPE_CHECKING:
    from .computed import Computed
    from .cycles import Suspicion
    from .scope import Scope

__all__ = ["ended", "enter", "execute", "failed", "fits_inline", "start", "succeeded"]

LEVELS: Final = 50
"""How many bodies are awaited inline, one in the other, before one gets a task of its own."""
STEP: Final = 5
"""After how many it is looked whether their users' own frames leave room for so many more."""
LOOK_AGAIN: Final = 0.1
"""Seconds after which a wait that may be part of a cycle is looked at again (G30)."""


def fits_inline(depth: int) -> bool:
    """Whether the stack has room for the body at that depth, and for those up to the next look."""
    if depth % STEP != STEP - 1:
        return True
    if depth % LEVELS == LEVELS - 1:
        return False
    try:
        sys._getframe(sys.getrecursionlimit() // 3)
    except ValueError:  # there are not so many
        return True
    return False


def start(computed: Computed[Any]) -> None:
    """Run the body in a task of its own, in a copy of this context."""
    run = computed._run
    assert run is not None
    run.flow = run.task = spawn(_apart(computed, run), name=f"fusion {computed._function.name}")

    def finished(task: asyncio.Task[None]) -> None:
        if computed._run is run:  # cancelled before its first step
            _abandon(computed)
        if not task.cancelled():
            task.exception()  # it is raised where the result was awaited

    run.task.add_done_callback(finished)


async def _apart(computed: Computed[Any], run: Run) -> None:
    await asyncio.sleep(0)  # an eager task would start on top of the frames that it shall leave
    await execute(computed, run)


async def ended(computed: Computed[Any], run: Run, doubt: Suspicion | None = None) -> None:
    """Wait until a body that runs elsewhere has ended.

    Raises:
        CycleError: there was doubt, and it is waited for in vain.
    """
    waiter = computed._function.graph.loop.create_future()
    if run.waiters is NOTHING:
        run.waiters = []
    run.waiters.append(waiter)
    run.users += 1
    try:
        while doubt is not None and not waiter.done():
            await asyncio.wait([waiter], timeout=LOOK_AGAIN)
            doubt.look()
        await waiter
    finally:
        run.users -= 1
        if run.task is not None and not run.users and computed._run is run:
            run.disowned = True
            run_in_loop(computed._function.graph.loop, run.task.cancel)


async def execute(computed: Computed[Any], run: Run) -> None:
    """Run the body and settle its computed.

    Raises:
        CancelledError: this task was cancelled; the computed holds nothing (G20).
    """
    scope = SCOPE.get()
    events = computed._function.graph.events
    if events.handlers:
        events.emit(EventKind.BODY_STARTED, computed)
    enter(computed)
    while computed._run is run:
        try:
            value = await computed._function.body(*computed._arguments)
        except BaseException as error:
            if failed(computed, run, scope, error):
                raise
        else:
            succeeded(computed, run, scope, value)


@twin
def enter(computed: Computed[Any]) -> None:
    """The body begins, and is the scope of what runs from now on."""
    function = computed._function
    if function.runs_bodies:
        function.counts.bodies += 1
    SCOPE.set(computed)


def succeeded(computed: Computed[Any], run: Run, scope: Scope | None, value: Any) -> None:
    """The body returned a value.

    scope: what the code around it belongs to.
    """
    SCOPE.set(scope)
    flow = run.flow
    if (run.disowned or (flow is not None and flow.cancelling())) and _is_given_up(run):
        _disown(computed, run, value, None)
    elif not settled(computed, value):
        _settle(computed, value, None)


def failed(computed: Computed[Any], run: Run, scope: Scope | None, error: BaseException) -> bool:
    """The body raised; whether that must go on, for it is not an outcome.

    scope: what the code around it belongs to.

    After something other than its caller cancelled it, it runs still: once more (G20).
    """
    if isinstance(error, asyncio.CancelledError) and not _is_given_up(run):
        if not run.retried:
            run.retried = True
            return False
        error = ForeignCancellation(computed.key)
    # A coroutine may be closed in another context: what is set there would stay there.
    if not isinstance(error, GeneratorExit) or SCOPE.get() is computed:
        SCOPE.set(scope)
    if not isinstance(error, Exception):
        if not isinstance(error, GeneratorExit | asyncio.CancelledError):
            run.failure = error
        _abandon(computed)
        return True
    if _is_given_up(run, error) or (run.task is None and isinstance(error, RecursionError)):
        _disown(computed, run, None, _kept(computed, error))
    else:
        _settle(computed, None, error)
    return False


def _is_given_up(run: Run, error: Exception | None = None) -> bool:
    """Whether somebody asked for the cancellation of the body since it began.

    A body runs in its caller's task only if that counted no request then.
    """
    if run.task is not None:
        return run.disowned
    flow = run.flow
    if flow is None or not flow.cancelling():
        return False
    return error is None or flow.cancelling() > left_behind(error, flow)


@twin
def settled(computed: Computed[Any], value: Any) -> bool:
    """Computing → Consistent, if no more is to be done about it than that; tells whether it was.

    Most ends are nobody's news, and this is the way of every miss.
    """
    function = computed._function
    run = computed._run
    assert run is not None
    if (
        computed._origin is not None
        or run.waits
        or run.awaited is not None
        or run.reader is not None
        or run.waiters
        or (run.leases and not function.replicates)
        or run.lifetime < FOREVER
        or function.options.auto_invalidate is not None
        or function.graph.events.handlers
    ):
        return False
    for dependency in computed._dependencies:
        if dependency._leases:
            return False
    computed._run = None
    computed._value = value
    computed._state = CONSISTENT
    if run.leases:
        computed._leases = run.leases
    function.kept.add(computed)
    return True


def _kept(computed: Computed[Any], error: Exception) -> Exception:
    """An error as it is kept. One of a result elsewhere was raised by what carries it here: that is
    no news, and no little work to write down.
    """
    return replayed(error) if computed._function.replicates else stored(error)


def _settle(computed: Computed[Any], value: Any, error: Exception | None) -> None:
    """Computing → Consistent; or → Invalidated, if it was flagged or must not be cached."""
    function = computed._function
    run = computed._run
    assert run is not None
    lifetime, kept = run.lifetime, None
    if error is not None:
        # What users wrote is asked before anything has changed (G37).
        kept = _kept(computed, error)
        if computed._origin is not None:
            pass
        elif is_cacheable(error):
            lifetime = min(lifetime, function.error_lifetime(error))
        else:
            computed._origin = Origin(OriginKind.UNCACHED, type(error).__name__)
    elif function.options.auto_invalidate is not None:
        lifetime = min(lifetime, function.options.auto_invalidate)
    computed._run = None
    computed._value = value
    computed._error = kept
    if run.waits or run.awaited is not None:
        run.forsake(computed)
    try:
        if computed._origin is None:
            computed._state = CONSISTENT
            leases = run.leases
            for dependency in computed._dependencies:
                if dependency._leases:
                    if leases:
                        leases.update(dependency._leases)
                    else:
                        leases = dict(dependency._leases)
            if leases:
                computed._leases = leases
                if not function.replicates:
                    function.leant_on(leases)
            function.kept.add(computed)
            if lifetime < FOREVER:
                expire_after(computed, lifetime)
        else:
            computed._state = INVALIDATED
            function.graph.invalidated[computed._origin.kind] += 1
            retire(computed)
    finally:  # the `__hash__` of an argument may raise, and must strand nobody (G37)
        if run.reader is not None or run.readers:
            for dependant in run.joined():
                if dependant._run is not None:
                    link(dependant, computed)
        # Most ends are nobody's news, and this is the way of every miss.
        if run.waiters or computed._origin is not None or function.graph.events.handlers:
            _end(computed, run, EventKind.BODY_ENDED)


def _disown(computed: Computed[Any], run: Run, value: Any, error: Exception | None) -> None:
    """Computing → Invalidated with an outcome for the caller whose task ran the body, if one did;
    whoever else waits runs the body anew.
    """
    run.disowned = True
    computed._function.apart = True
    computed._value = value
    computed._error = error
    _abandon(computed)


def _abandon(computed: Computed[Any]) -> None:
    """Computing → Invalidated with no outcome: whoever waits runs the body anew.

    Soon, if this is not the graph's loop: a lost task is collected in any thread (G39).
    """
    run_in_loop(computed._function.graph.loop, partial(_abandon_here, computed))


def _abandon_here(computed: Computed[Any]) -> None:
    run = computed._run
    assert run is not None
    computed._run = None
    run.forsake(computed)
    computed._state = INVALIDATED
    if computed._origin is None:
        computed._origin = Origin(OriginKind.UNCACHED, "cancelled")
    retire(computed)
    _end(computed, run, EventKind.BODY_ABANDONED)


def _end(computed: Computed[Any], run: Run, kind: EventKind) -> None:
    events = computed._function.graph.events
    if events.handlers:
        events.emit(kind, computed)
    if computed._state is INVALIDATED:
        notify([computed])
    for waiter in run.waiters:
        if not waiter.done():
            waiter.set_result(None)
