"""`Computed`: one cached result of one compute method for one set of arguments."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable
from enum import Enum
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from ...native import hand, twin
from ..origin import Origin
from ..replay import replayed
from ..rooted import Rooted
from ..state import COMPUTING, CONSISTENT, INVALIDATED, NONE, NOTHING, State
from ..texts import call_text
from .changes import Changes, OnError, when
from .edges import link
from .hit import Hit
from .retention import Place

if TYPE_CHECKING:
    from .function import Function
    from .leases import Lease
    from .run import Run

__all__ = ["UNSET", "Computed", "Handler", "Hit", "next_version"]

_T = TypeVar("_T")


class _Unset(Enum):
    UNSET = "unset"


UNSET: Final = _Unset.UNSET
hand(unset=UNSET)

_versions = count(1)
"""Also of what this process has changed elsewhere: they tell which results began before."""


@twin
def next_version() -> int:
    """Above that of each result that has begun, and below those to come."""
    return next(_versions)


Handler = Callable[["Computed[Any]"], None]


@twin
class ComputedFields(Place):
    """Those of a `Computed`. Each takes memory in every result; what few have is kept elsewhere."""

    __slots__ = (
        "__weakref__",
        "_arguments",
        "_cause",
        "_dependants",
        "_dependencies",
        "_error",
        "_function",
        "_handlers",
        "_hit",
        "_key",
        "_leases",
        "_origin",
        "_run",
        "_state",
        "_used",
        "_value",
        "_weak_dependants",
        "version",
    )

    def __init__(
        self, function: Function[Any], key: object, arguments: tuple[object, ...], run: Run | None
    ) -> None:
        self.version: Final = next(_versions)
        """Unique in the process; a later result of the same key has a higher one."""
        self._function = function
        self._key = key
        self._arguments = arguments
        self._run = run
        self._state = COMPUTING
        self._value: Any = UNSET
        self._error: Exception | None = None
        self._dependencies: list[Computed[Any]] = NOTHING
        self._dependants: dict[Computed[Any], None] = NONE
        self._handlers: dict[object, Handler] | None = None
        self._leases: dict[Lease, None] = NONE
        self._origin: Origin | None = None
        self._cause: Computed[Any] | None = None
        self._hit: Hit | None = None
        self._newer = None
        self._older = None
        self._used = False
        self._weak_dependants: weakref.WeakSet[Computed[Any]] | None = None
        """Dependants that are not kept any more, while somebody holds them."""


class Computed(ComputedFields, Rooted, Generic[_T]):
    """One result of a compute method: its value or its error, and whether it still holds.

    Get one with `await carts.computed.total("1")`; it is never seen while Computing (G2).
    """

    __slots__ = ()

    # -- outcome --

    @property
    def value(self) -> _T:
        """The result; raises the error if that is the outcome."""
        if self._error is not None:
            raise replayed(self._error) from None
        return cast("_T", self._value)

    @property
    def error(self) -> Exception | None:
        """The error, if the body failed: the cached one, to look at.

        To raise it, read `value`: that raises a copy, which leaves no traceback in the cache.
        """
        return self._error

    @property
    def key(self) -> str:
        """The call that it is the result of, as text: `carts.total('1')`."""
        function = self._function
        return call_text(function.name, self._arguments, function.shows)

    # -- freshness --

    @property
    def state(self) -> State:
        """Where it stands (G1)."""
        return self._state

    @property
    def is_consistent(self) -> bool:
        """Whether it is provably fresh now: not invalidated, no lease lapsed (D6b)."""
        return (
            self._state is CONSISTENT
            and (not self._leases or self._is_leased())
            and not self._function.graph.closed
        )

    @property
    def is_suspended(self) -> bool:
        """Whether its freshness cannot be proven at the moment, though it is not known to be stale:
        a lease has lapsed, because its host, or the broker, cannot be reached (D6b).
        """
        return self._state is CONSISTENT and not all(lease.proven() for lease in self._leases)

    @property
    def _expires(self) -> bool:
        """Whether its life is limited; few are, so their graph keeps them, not a slot of each."""
        return self in self._function.graph.limited

    def _is_leased(self) -> bool:
        for lease in self._leases:  # noqa: SIM110 - a generator costs as much as two hits
            if not lease.live():
                return False
        return True

    @property
    def is_computing(self) -> bool:
        """Whether its body runs; never true for one that the public API hands out (G2)."""
        return self._run is not None

    @property
    def origin(self) -> Origin | None:
        """Why it was invalidated (G16); None while it holds."""
        return self._origin if self._state is INVALIDATED else None

    @property
    def cause(self) -> Computed[Any] | None:
        """The dependency whose invalidation took this one along; None if this was the first, or the
        body of that one still runs (G2).
        """
        cause = self._cause
        return None if cause is None or cause.is_computing else cause

    def on_invalidated(self, handler: Handler) -> Callable[[], None]:
        """Call `handler` once when it is invalidated, at once if it is (G14); the result ends that.

        A handler that raises is reported to the event loop's exception handler (G15).

        Raises:
            WrongThread: this is not the thread of the graph's event loop.
        """
        self._function.graph.check_thread()
        token = object()
        handlers = self._listen(token, handler)
        if handlers is None:
            return _nothing

        def unsubscribe() -> None:
            handlers.pop(token, None)

        return unsubscribe

    def _listen(self, token: object, handler: Handler) -> dict[object, Handler] | None:
        """Call it once when this is invalidated; where it is to be found until then. None: it was
        called, for this is.
        """
        if self._state is INVALIDATED:
            self._call(handler)
            return None
        if self._handlers is None:
            self._handlers = {}
        self._handlers[token] = handler
        return self._handlers

    def _call(self, handler: Handler) -> None:
        try:
            handler(self)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # a CancelledError, too: `future.result()` may raise it
            self._function.graph.report(f"a handler of {self.key} raised", error)

    async def invalidated(self) -> None:
        """Wait until it is invalidated; returns at once if it is."""
        if self._state is INVALIDATED:
            return
        woken = asyncio.get_running_loop().create_future()

        def wake(_: Computed[Any]) -> None:
            if not woken.done():
                woken.set_result(None)

        unsubscribe = self.on_invalidated(wake)
        try:
            await woken
        finally:
            unsubscribe()

    # -- newer results --

    async def update(self) -> Computed[_T]:
        """Itself while it is consistent, else the latest of its key; adds no edge (G21)."""
        if self.is_consistent:
            return self
        return await self._function.computed(self._arguments)

    async def use(self, *, stale_ok: bool = False) -> _T:
        """The latest value; inside a body, that body depends on it.

        stale_ok: take the value as it is, even where its freshness cannot be proven (D7).
        """
        value: _T = await self._function.fetch(self._arguments, stale_ok=stale_ok)
        return value

    def changes(self) -> AsyncIterator[Computed[_T]]:
        """The latest computed of its key now, and after each invalidation; the same one again when
        it `is_suspended`, and when it is so no longer (D26).

        Bursts coalesce, the last always arrives; an error is a computed that holds it.
        """
        return Changes(self._function, self._arguments)

    async def when(
        self, predicate: Callable[[_T], bool], *, on_error: OnError = "raise"
    ) -> Computed[_T]:
        """The first computed of its key, from now on, whose value the predicate accepts.

        on_error: what to do about an error that is not transient: raise it, or wait for what comes
            after it. Transient errors are always waited out, framework errors always raised.

        Raises:
            Exception: what the predicate or, by `on_error`, the body raises.
        """
        changes = Changes(self._function, self._arguments, stale_ok=False)
        return await when(changes, predicate, on_error, self._function.graph.is_transient)

    # -- retention --

    def _take_mark(self) -> bool:
        """Whether it was used since this was asked last."""
        hit = self._hit
        used = self._used
        self._used = False
        if hit is not None and hit.used:
            self._function.counts.hits += hit.used
            hit.used = 0
            used = True
        return used

    # -- as the scope of its body (see scope.py) --

    def track(self, used: Computed[Any]) -> bool:
        """Note that this one's running body used `used` (G10, G11); the cache may answer."""
        if self._run is not None:
            link(self, used)
        return True

    def __repr__(self) -> str:
        standing = "suspended" if self.is_suspended else self._state.value
        return f"<Computed {self.key} v{self.version} {standing}>"


def _nothing() -> None:
    pass
