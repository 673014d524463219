"""Running a body: in its caller's task, and every so many levels in a task of its own.

Inline costs no task; but awaiting dies near 1,000 frames, so a deep chain changes tasks (G35).
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any, Final

from ..errors import ForeignCancellation, FrameworkError
from ..primitives import is_cancelled, spawn
from .edges import link
from .events import EventKind
from .expiry import expire_after
from .failures import stored
from .invalidate import notify, retire
from .origin import Origin, OriginKind
from .scope import SCOPE
from .state import CONSISTENT, INVALIDATED, NONE, NOTHING

if TYPE_CHECKING:
    from .computed import Computed
    from .leases import Lease

__all__ = ["LEVELS", "Run", "ended", "execute", "start"]

LEVELS: Final = 50
"""How many bodies are awaited inline, one in the other, before one gets a task of its own."""

_FOREVER: Final = math.inf
_NO_WAITS: Final[dict[object, Any]] = {}


class Run:
    """A body that runs: who waits for it, and what it waits for. Gone when its computed settles."""

    __slots__ = (
        "depth",
        "failure",
        "joined",
        "leases",
        "lifetime",
        "task",
        "users",
        "waiters",
        "waits",
    )

    def __init__(self, depth: int) -> None:
        # Most bodies are alone: what is empty is shared, until something is added.
        self.depth = depth
        self.joined: dict[Computed[Any], None] = NONE
        """Bodies that will use the result: dependants from now on (G5c)."""
        self.waits: dict[object, Computed[Any]] = _NO_WAITS
        """What this body waits for, by wait: the edges of the cycle search (G30)."""
        self.waiters: list[asyncio.Future[None]] = NOTHING
        self.leases: dict[Lease, None] = NONE
        """What the body leaned on itself; those of its dependencies are added at the end."""
        self.task: asyncio.Task[None] | None = None
        self.users = 0
        """Calls that share the body, when it has a task: it is cancelled with the last (G19)."""
        self.lifetime = _FOREVER
        """How long the body wants its result to live, in seconds; see current.py."""
        self.failure: BaseException | None = None
        """What ended the body, if it was neither an `Exception` nor a cancellation: not cached."""

    def join(self, caller: Computed[Any]) -> None:
        """The caller's body will use the result (G5c)."""
        if self.joined is NONE:
            self.joined = {}
        self.joined[caller] = None

    def wait_for(self, computed: Computed[Any]) -> object:
        """The body waits for another one; what is returned ends that: `del run.waits[…]`."""
        if self.waits is _NO_WAITS:
            self.waits = {}
        self.waits[wait := object()] = computed
        return wait


def start(computed: Computed[Any]) -> None:
    """Run the body in a task of its own, in a copy of this context."""
    run = computed._run
    assert run is not None
    run.task = spawn(_apart(computed), name=f"fusion {computed._function.name}")

    def finished(task: asyncio.Task[None]) -> None:
        if computed._run is run:  # cancelled before its first step
            _abandon(computed)
        if not task.cancelled():
            task.exception()  # it is raised where the result was awaited

    run.task.add_done_callback(finished)


async def _apart(computed: Computed[Any]) -> None:
    await asyncio.sleep(0)  # an eager task would start on top of the frames that it shall leave
    await execute(computed)


async def ended(computed: Computed[Any], run: Run) -> None:
    """Wait until a body that runs elsewhere has ended."""
    waiter = computed._function.graph.loop.create_future()
    if run.waiters is NOTHING:
        run.waiters = []
    run.waiters.append(waiter)
    run.users += 1
    try:
        await waiter
    finally:
        run.users -= 1
        if run.task is not None and not run.users and computed._run is run:
            run.task.cancel()


async def execute(computed: Computed[Any]) -> None:
    """Run the body and settle its computed.

    Raises:
        CancelledError: this task was cancelled; the computed holds nothing (G20).
    """
    function = computed._function
    events = function.graph.events
    if events.handlers:
        events.emit(EventKind.BODY_STARTED, computed)
    if function.runs_bodies:
        function.counts.bodies += 1
    caller = SCOPE.get()
    SCOPE.set(computed)
    try:
        try:
            value = await function.body(*computed._arguments)
        except asyncio.CancelledError:
            if is_cancelled():
                raise
            value = await _once_more(computed)
        SCOPE.set(caller)
    except Exception as error:
        SCOPE.set(caller)
        _settle(computed, None, error)
    except BaseException as end:
        # A coroutine may be closed in another context: what is set there would stay there.
        if not isinstance(end, GeneratorExit) or SCOPE.get() is computed:
            SCOPE.set(caller)
        if not isinstance(end, GeneratorExit | asyncio.CancelledError):
            computed._run.failure = end  # type: ignore[union-attr]
        _abandon(computed)
        raise
    else:
        _settle(computed, value, None)


async def _once_more(computed: Computed[Any]) -> Any:
    """The body again, after something other than its caller cancelled it (G20)."""
    try:
        return await computed._function.body(*computed._arguments)
    except asyncio.CancelledError:
        if is_cancelled():
            raise
        raise ForeignCancellation(computed.key) from None


def _settle(computed: Computed[Any], value: Any, error: Exception | None) -> None:
    """Computing → Consistent; or → Invalidated, if it was flagged or must not be cached."""
    function = computed._function
    run = computed._run
    assert run is not None
    kept = None if error is None else stored(error)
    computed._run = None
    computed._value = value
    if error is not None:
        computed._error = kept
        if isinstance(error, FrameworkError) and computed._origin is None:
            computed._origin = Origin(OriginKind.UNCACHED, type(error).__name__)
    if computed._origin is None:
        computed._state = CONSISTENT
        leases = run.leases
        for dependency in computed._dependencies:
            if dependency._leases:
                leases = {**leases, **dependency._leases}
        if leases:
            computed._leases = leases
        function.keep(computed)
        lifetime = run.lifetime
        if error is not None:
            lifetime = min(lifetime, function.error_lifetime(error))
        elif function.options.auto_invalidate is not None:
            lifetime = min(lifetime, function.options.auto_invalidate)
        if lifetime < _FOREVER:
            expire_after(computed, lifetime)
    else:
        computed._state = INVALIDATED
        function.graph.invalidated[computed._origin.kind] += 1
        retire(computed)
    for dependant in run.joined:
        if dependant._run is not None:
            link(dependant, computed)
    # Most ends are nobody's news, and this is the way of every miss.
    if run.waiters or computed._origin is not None or function.graph.events.handlers:
        _end(computed, run, EventKind.BODY_ENDED)


def _abandon(computed: Computed[Any]) -> None:
    """Computing → Invalidated with no outcome: whoever waits runs the body anew."""
    run = computed._run
    assert run is not None
    computed._run = None
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
