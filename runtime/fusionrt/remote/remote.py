"""`Remote`: the calls of one client: replicas, commands, plain calls and streams."""

from __future__ import annotations

import asyncio
import copy
import math
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, TypeVar

from ..contract import ComputeOptions
from ..errors import CallTimeout, OutcomeUnknown
from ..graph import SCOPE, Computed, Graph, Hit, at_home
from ..operations import CommandScope, Operation, apply, check_not_reading
from ..primitives import new_id, now
from ..rpc import Peer, Pending, Registration
from ..services.declared import DeclaredKeys
from ..services.methods import ComputeMethods
from ..table import Command, Compute, Contract
from ..wire.frames import Kind
from ..wire.runs import Request
from .replica import lean_on, registration_of
from .stream_call import StreamCall
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

    def with_options(self, timeout: float | None, stale_ok: bool | None) -> Remote:
        """The same replicas, read with other options."""
        view = copy.copy(self)
        if timeout is not None:
            view._timeout = timeout
            view._ways = {}
        if stale_ok is not None:
            view._stale_ok = stale_ok
        return view

    # -- compute methods --

    async def compute(self, method: str, arguments: tuple[Any, ...]) -> _T:
        """The value, from the replica; past it inside of a command."""
        if CommandScope.current() is not None:
            return await self.raw(method, arguments)
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
        asked = self._ask(self._ways.get(method) or self._way(Kind.PLAIN, method), arguments)
        try:
            result: _T = await asked.answer  # as `_answer`, without its frame
        except (asyncio.CancelledError, GeneratorExit):
            asked.give_up()
            raise
        return result

    async def command(self, method: str, arguments: tuple[Any, ...]) -> _T:
        """Run a command; when it returned, this client's reads see what it changed (D15).

        Raises:
            CommandInComputeError: a compute body called it.
        """
        name = f"{self.contract.name}.{method}"
        check_not_reading(name)
        way = self._ways.get(method) or self._way(Kind.COMMAND, method)
        asked = self._ask(way, arguments, new_id())
        try:
            result: _T = await _answer(asked)
            return result
        except (CallTimeout, OutcomeUnknown, asyncio.CancelledError):
            self._may_have_written(method, arguments, asked.operation)
            raise

    def stream(
        self,
        method: str,
        arguments: tuple[Any, ...],
        items: AsyncIterable[Any] | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Read a stream. items: what is sent with the call."""
        return self._stream(method, arguments, items).results()

    async def open(
        self,
        method: str,
        arguments: tuple[Any, ...],
        items: AsyncIterable[Any] | None = None,
    ) -> tuple[Any, ...]:
        """What comes before a stream, and the stream."""
        return await self._stream(method, arguments, items).headed()

    async def send(self, method: str, arguments: tuple[Any, ...], items: AsyncIterable[Any]) -> _T:
        """Call a plain method or a command, and send it what the iterator gives."""
        if not isinstance(self.contract.method[method], Command):
            plain: _T = await self._stream(method, arguments, items).single()
            return plain
        check_not_reading(f"{self.contract.name}.{method}")
        operation = new_id()
        try:
            result: _T = await self._stream(method, arguments, items, operation).single()
            return result
        except (CallTimeout, OutcomeUnknown, asyncio.CancelledError):
            self._may_have_written(method, (*arguments, items), operation)
            raise

    def _may_have_written(self, method: str, arguments: tuple[Any, ...], operation: str) -> None:
        """Nobody here will learn whether a command wrote (O20). A host that answers has told us
        before.
        """
        if self.graph is not None:
            keys = DeclaredKeys(self.contract, method, arguments).by_arguments()
            apply(Operation(operation, f"{self.contract.name}.{method}", keys), self.graph)

    def _stream(
        self,
        method: str,
        arguments: tuple[Any, ...],
        items: AsyncIterable[Any] | None,
        operation: str = "",
    ) -> StreamCall:
        self._check_home()
        way = self._ways.get(method) or self._way(Kind.STREAM, method)
        request = Request(way, way.encoded(arguments), now() + self._timeout, operation)
        return StreamCall(self._peer, way, request, items)

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
