"""`Run`: a body that runs.

One at a time for a key (G17). Who calls while it runs shares it (G18), unless what it reads was
invalidated before the call (G5b).
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any, Final, cast

from ...native import twin
from ..state import NONE, NOTHING

if TYPE_CHECKING:
    from .computed import Computed
    from .leases import Lease

__all__ = ["FOREVER", "Flow", "Run"]

FOREVER: Final = math.inf

_NO_WAITS: Final = cast("dict[Any, Computed[Any]]", NONE)

Flow = asyncio.Task[Any] | None
"""A flow of control: the task that runs a body, or waits; None outside of tasks."""


@twin
class RunFields:
    """flow: the task that runs it: its caller's, or `task`."""

    __slots__ = (
        "awaited",
        "depth",
        "disowned",
        "failure",
        "flow",
        "leases",
        "lifetime",
        "reader",
        "readers",
        "retried",
        "task",
        "users",
        "waiters",
        "waits",
    )

    def __init__(self, depth: int, flow: Flow) -> None:
        # Most bodies are alone: what is empty is shared, until something is added.
        self.depth = depth
        self.flow = flow
        self.reader: Computed[Any] | None = None
        """A body that will use the result: a dependant from now on (G5c)."""
        self.readers: dict[Computed[Any], None] = NONE
        """Further ones."""
        self.awaited: Computed[Any] | None = None
        """What this body waits for (G30)."""
        self.waits: dict[Any, Computed[Any]] = _NO_WAITS
        """What the tasks that it started wait for, by task."""
        self.waiters: list[asyncio.Future[None]] = NOTHING
        self.leases: dict[Lease, None] = NONE
        """What the body leaned on itself; those of its dependencies are added at the end."""
        self.task: asyncio.Task[None] | None = None
        """The body's own task, if it has one."""
        self.users = 0
        """Calls that share the body, when it has a task: it is cancelled with the last (G19)."""
        self.retried = False
        """Whether it runs for the second time, as something cancelled it (G20)."""
        self.disowned = False
        """Whether the outcome is nobody's but the caller's whose task ran the body (G19)."""
        self.lifetime = FOREVER
        """How long the body wants its result to live, in seconds; see current.py."""
        self.failure: BaseException | None = None
        """What ended the body, if it was neither an `Exception` nor a cancellation: not cached."""


class Run(RunFields):
    """A body that runs: who waits for it, and what it waits for. Gone when its computed settles."""

    __slots__ = ()

    def join(self, caller: Computed[Any]) -> None:
        """The caller's body will use the result (G5c)."""
        if self.reader is None:
            self.reader = caller
            return
        if self.readers is NONE:
            self.readers = {}
        self.readers[caller] = None

    def leave(self, caller: Computed[Any]) -> None:
        """The caller's body has ended without the result."""
        if self.reader is caller:
            self.reader = None
        self.readers.pop(caller, None)

    def joined(self) -> list[Computed[Any]]:
        """The bodies that will use the result."""
        return [*self.readers] if self.reader is None else [self.reader, *self.readers]

    def wait_for(self, computed: Computed[Any], flow: Flow) -> None:
        """The body, or a task that it started, waits for another one until it goes on."""
        if flow is self.flow:
            self.awaited = computed
            return
        if self.waits is NONE:
            self.waits = {}
        self.waits[flow] = computed

    def go_on(self, flow: Flow) -> None:
        """The body, or a task that it started, waits no longer."""
        if flow is self.flow:
            self.awaited = None
        else:
            self.waits.pop(flow, None)

    def all_waits(self) -> list[tuple[Flow, Computed[Any]]]:
        """What is waited for, and by whom: the edges of the cycle search (G30)."""
        waits = list(self.waits.items())
        return waits if self.awaited is None else [(self.flow, self.awaited), *waits]

    def forsake(self, computed: Computed[Any]) -> None:
        """The body has ended; what tasks that it started wait for is nothing to it (G11)."""
        for _, awaited in self.all_waits():
            if awaited._run is not None:
                awaited._run.leave(computed)
