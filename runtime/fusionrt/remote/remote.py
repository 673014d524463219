"""`Remote`: the calls of one client: replicas, commands, plain calls and streams."""

from __future__ import annotations

import asyncio
import copy
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from typing import Any, TypeVar

from ..contract import ComputeOptions
from ..errors import CallTimeout, OutcomeUnknown
from ..graph import SCOPE, Computed, Graph, Hit, at_home
from ..operations import CommandScope, Operation, apply, check_not_reading
from ..primitives import new_id, now
from ..rpc import Peer, Pending, Registration
from ..services.declared import DeclaredKeys
from ..services.methods import ComputeMethods
from ..table import Compute, Contract
from ..wire.frames import Kind
from ..wire.runs import Request
from .replica import UNPROVEN, lean_on, registration_of
from .retries import patiently
from .stream import RemoteStream
from .way import Way

__all__ = ["Remote"]

_T = TypeVar("_T")

TIMEOUT = 10.0
READS = 1000
"""Ways that are kept for reads, by method and time: who reads with ever new times makes new ones.
"""

_FIRST: ContextVar[float] = ContextVar("fusion first", default=math.inf)
"""The seconds that the read has which a replica is made for; whoever watches has all the time."""


class Remote(ComputeMethods):
    """What a typed client calls."""

    def __init__(self, contract: Contract, peer: Peer, graph: Graph) -> None:
        super().__init__(contract)
        self._peer = peer
        self._timeout = TIMEOUT
        self._stale_ok = False
        self._retries = 0
        self._once: Remote | None = None
        """The same without retries."""
        self._ways: dict[str, Way] = {}
        self._reads: dict[tuple[str, float], Way] = {}
        self.hits: dict[str, dict[object, Hit]] = {}
        """Of the methods whose raw arguments may be keys: where a client looks its hits up."""
        self.adopt(graph)

    def attach(self, graph: Graph) -> None:
        super().attach(graph)
        graph.targets.add(self.contract.name, self)
        for function in self._functions.values():
            function.replicates = True

    def hot_table(self, method: str, plain: bool) -> dict[object, Hit] | None:
        if not plain:
            return None
        hits = self.hits[method] = {}
        return hits

    def with_options(
        self,
        timeout: float | None = None,
        stale_ok: bool | None = None,
        retries: int | None = None,
    ) -> Remote:
        """The same replicas, read with other options."""
        view = copy.copy(self)
        view._once = None
        if timeout is not None:
            view._timeout = timeout
            view._ways = {}
        if stale_ok is not None:
            view._stale_ok = stale_ok
        if retries is not None:
            view._retries = retries
        return view

    def _patiently(
        self,
        method: str,
        attempt: Callable[[Remote], Awaitable[_T]],
        **least: float,
    ) -> Coroutine[Any, Any, _T]:
        """What comes of a call that is made again as often as the options say."""
        repeats = self.contract.method[method].repeats

        def once(seconds: float) -> Awaitable[_T]:
            if seconds != self._timeout:
                return attempt(self.with_options(timeout=seconds, retries=0))
            if self._once is None:
                self._once = self.with_options(retries=0)
            return attempt(self._once)

        return patiently(once, self._timeout, self._retries, repeats=repeats, **least)

    # -- compute methods --

    async def compute(self, method: str, arguments: tuple[Any, ...]) -> _T:
        """The value, from the replica; past it inside of a command."""
        if CommandScope.current() is not None:
            return await self.raw(method, arguments)
        if self._retries:
            again = partial(Remote.compute, method=method, arguments=arguments)
            return await self._patiently(method, again, least=UNPROVEN)
        arguments = self._keyers[method].normalize(arguments)
        self._admit(method, arguments)
        read = self.function(method).fetch(arguments, stale_ok=self._stale_ok)
        return await self._in_time(method, read)

    def _admit(self, method: str, arguments: tuple[Any, ...]) -> None:
        """Refuse a read that cannot be served in time before there is a replica (D27).

        Raises:
            Overloaded: for it would have to ask, and could not be served in time.
        """
        failure = self._peer.refusal(self._timeout)
        if failure is None:
            return
        function = self.function(method)
        if function.find(function.key(arguments)) is None:
            raise self._read(method, self._timeout).error(failure)

    async def computed(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Computed[Any]:
        """The computed behind the value."""
        arguments = self.arguments(method, args, kwargs)
        self._admit(method, arguments)
        read = self.function(method).computed(arguments, stale_ok=self._stale_ok)
        return await self._in_time(method, read)

    def raw(self, method: str, arguments: tuple[Any, ...]) -> Coroutine[Any, Any, _T]:
        return self.call(method, self._keyers[method].normalize(arguments))

    def options(self, method: Compute) -> ComputeOptions:
        """The host expires, delays and consolidates; what it says is applied at once."""
        return ComputeOptions(min_cache=method.options.min_cache)

    def body(self, method: str) -> Callable[..., Awaitable[Any]]:
        async def body(*arguments: Any) -> Any:
            if not isinstance(SCOPE.get(), Computed):  # it makes no replica
                return await self.call(method, arguments)
            # Its callers have deadlines, each its own; the last one that leaves cancels it. The
            # first one's says whether it can be served in time.
            registration = registration_of(self._peer)
            try:
                asked = self._ask(self._read(method, _FIRST.get()), arguments, "", registration)
                value = await _answer(asked)
            except Exception:
                lean_on(registration, failed=True)
                raise
            lean_on(registration, failed=False)
            return value

        return body

    # -- the others --

    async def call(self, method: str, arguments: tuple[Any, ...]) -> _T:
        """Call a plain method."""
        if self._retries:
            again = partial(Remote.call, method=method, arguments=arguments)
            return await self._patiently(method, again)
        asked = self._ask(self._ways.get(method) or self._way(Kind.PLAIN, method), arguments)
        try:
            result: _T = await asked.answer  # as `_answer`, without its frame
        except (asyncio.CancelledError, GeneratorExit):
            asked.give_up()
            raise
        return result

    async def tell(self, method: str, arguments: tuple[Any, ...]) -> None:
        """Make a one-way call; it was sent when this returns."""
        if self._retries:
            again = partial(Remote.tell, method=method, arguments=arguments)
            return await self._patiently(method, again)
        way = self._ways.get(method) or self._way(Kind.ONEWAY, method)
        await _answer(self._ask(way, arguments))
        await self._peer.keep_pace()

    async def command(
        self, method: str, arguments: tuple[Any, ...], operation: str | None = None
    ) -> _T:
        """Run a command; when it returned, this client's reads see what it changed (D15).

        operation: its id, if it was made before.

        Raises:
            CommandInComputeError: a compute body called it.
        """
        name = f"{self.contract.name}.{method}"
        check_not_reading(name)
        operation = operation or new_id()
        if self._retries:
            again = partial(Remote.command, method=method, arguments=arguments, operation=operation)
            return await self._patiently(method, again)
        way = self._ways.get(method) or self._way(Kind.COMMAND, method)
        asked = self._ask(way, arguments, operation)
        try:
            result: _T = await _answer(asked)
            return result
        except (CallTimeout, OutcomeUnknown, asyncio.CancelledError):
            # Nobody here will learn whether it wrote (O20). A host that answers has told us before.
            if self.graph is not None:
                keys = DeclaredKeys(self.contract, method, arguments).by_arguments()
                apply(Operation(asked.operation, name, keys), self.graph)
            raise

    def stream(self, method: str, arguments: tuple[Any, ...]) -> AsyncGenerator[Any, None]:
        """Read a stream."""
        self._check_home()
        way = self._ways.get(method) or self._way(Kind.STREAM, method)
        request = Request(way, way.encoded(arguments), now() + self._timeout)
        incoming = self._peer.stream(request)
        return RemoteStream(incoming, way.results, lambda failed: way.error(failed.failure))

    # -- over the wire --

    def _ask(
        self,
        way: Way,
        arguments: tuple[Any, ...],
        operation: str = "",
        registration: Registration | None = None,
    ) -> Pending:
        self._check_home()
        try:
            data = way.encode(arguments)
        except Exception:
            data = way.encoded(arguments)
        return self._peer.ask(way, data, operation, registration)

    def _check_home(self) -> None:
        if self._graph is not None and not at_home(self._graph.home):
            self._graph.check_usable(self.contract.name)

    def _way(self, kind: Kind, method: str) -> Way:
        """How its calls are made; a method has one kind, and a compute method past the cache is
        plain.
        """
        way = Way(kind, self.contract, method, self._peer, self._timeout)
        self._ways[method] = way
        return way

    def _read(self, method: str, seconds: float) -> Way:
        """How the calls that make its replicas are made, for readers that have so many seconds."""
        way = self._reads.get((method, seconds))
        if way is None:
            if len(self._reads) >= READS:
                self._reads.clear()
            way = Way(Kind.COMPUTE, self.contract, method, self._peer, seconds)
            self._reads[method, seconds] = way
        return way

    async def _in_time(self, method: str, call: Coroutine[Any, Any, _T]) -> _T:
        """The call's result; a read that others share goes on for them.

        Raises:
            CallTimeout: there was none in time.
            RemoteUnavailable: for the connection to the broker is lost.
        """
        first = _FIRST.set(self._timeout)
        limit = self._peer.limit(self._timeout)
        try:
            with limit:
                return await call
        except TimeoutError:
            if not limit.expired:
                raise
            raise self._read(method, self._timeout).late() from None
        finally:
            with suppress(ValueError):  # closed in another context, which ends with it
                _FIRST.reset(first)
            call.close()  # if it never began


async def _answer(asked: Pending) -> Any:
    """What becomes of a call; who leaves before that gives it up (D19)."""
    try:
        return await asked.answer
    except (asyncio.CancelledError, GeneratorExit):
        asked.give_up()
        raise
