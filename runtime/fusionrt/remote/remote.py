"""`Remote`: the calls of one client: replicas, commands, plain calls and streams."""

from __future__ import annotations

import asyncio
import copy
import math
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, TypeVar

from ..contract import ComputeOptions
from ..errors import ArgumentError, CallTimeout, FusionError, OutcomeUnknown
from ..graph import SCOPE, Computed, Graph, Hit, at_home
from ..operations import CommandScope, Operation, apply, check_not_reading
from ..primitives import new_id, now
from ..rpc import Failed, Peer, Registration
from ..services.declared import DeclaredKeys
from ..services.methods import ComputeMethods
from ..table import Compute, Contract
from ..values.codecs import Codec, arguments_codec, codec
from ..values.runs import RunCodec
from ..wire.calls import Request
from ..wire.digest import method_id
from ..wire.frames import Kind
from .failures import as_error
from .replica import lean_on, registration_of
from .stream import RemoteStream

__all__ = ["Remote"]

_T = TypeVar("_T")

TIMEOUT = 10.0

_FIRST: ContextVar[float] = ContextVar("fusion first", default=math.inf)
"""The seconds that the read has which a replica is made for; whoever watches has all the time."""


class Remote(ComputeMethods):
    """What a typed client calls."""

    def __init__(self, contract: Contract, peer: Peer, graph: Graph) -> None:
        super().__init__(contract)
        self._peer = peer
        self._timeout = TIMEOUT
        self._stale_ok = False
        self._codecs: dict[str, tuple[Codec[Any], Codec[Any]]] = {}
        self._items: dict[str, RunCodec[Any]] = {}
        """Of streams."""
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
            raise self._error_of(method)(Failed(failure))

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
            request = self._request(Kind.COMPUTE, method, arguments, _FIRST.get())
            registration = registration_of(self._peer)
            try:
                value = await self._ask(method, request, registration)
            except Exception:
                lean_on(registration, failed=True)
                raise
            lean_on(registration, failed=False)
            return value

        return body

    # -- the others --

    def call(self, method: str, arguments: tuple[Any, ...]) -> Coroutine[Any, Any, _T]:
        """Call a plain method."""
        return self._ask_in_time(Kind.PLAIN, method, arguments)

    async def command(self, method: str, arguments: tuple[Any, ...]) -> _T:
        """Run a command; when it returned, this client's reads see what it changed (D15).

        Raises:
            CommandInComputeError: a compute body called it.
        """
        name = f"{self.contract.name}.{method}"
        check_not_reading(name)
        request = self._request(Kind.COMMAND, method, arguments, self._timeout)
        try:
            result: _T = await self._ask(method, request, timeout=self._timeout)
            return result
        except (CallTimeout, OutcomeUnknown, asyncio.CancelledError):
            # Nobody here will learn whether it wrote (O20). A host that answers has told us before.
            if self.graph is not None:
                keys = DeclaredKeys(self.contract, method, arguments).by_arguments()
                apply(Operation(request.operation, name, keys), self.graph)
            raise

    def stream(self, method: str, arguments: tuple[Any, ...]) -> AsyncGenerator[Any, None]:
        """Read a stream."""
        incoming = self._peer.stream(self._request(Kind.STREAM, method, arguments, self._timeout))
        return RemoteStream(incoming, self._items_codec(method), self._error_of(method))

    def _items_codec(self, method: str) -> RunCodec[Any]:
        items = self._items.get(method)
        if items is None:
            result = self.contract.resolved.signatures[method].result
            items = self._items[method] = RunCodec(result)
        return items

    # -- over the wire --

    def _codec(self, method: str) -> tuple[Codec[Any], Codec[Any]]:
        pair = self._codecs.get(method)
        if pair is None:
            signature = self.contract.resolved.signatures[method]
            pair = arguments_codec(signature.parameters), codec(signature.result)
            self._codecs[method] = pair
        return pair

    def _request(
        self, kind: Kind, method: str, arguments: tuple[Any, ...], timeout: float
    ) -> Request:
        if self._graph is not None and not at_home(self._graph.home):
            self._graph.check_usable(self.contract.name)
        try:
            data = self._codec(method)[0].encode(arguments)
        except (TypeError, ValueError, OverflowError) as problem:
            raise ArgumentError(f"{self.contract.name}.{method}", str(problem)) from None
        operation = new_id() if kind is Kind.COMMAND else ""
        due = now() + timeout
        return Request(kind, method_id(method), data, due, operation=operation, timeout=timeout)

    async def _ask(
        self,
        method: str,
        request: Request,
        registration: Registration | None = None,
        timeout: float | None = None,
    ) -> Any:
        try:
            payload = await self._peer.call(request, registration, timeout)
        except Failed as failed:
            raise self._error_of(method)(failed) from None
        except TimeoutError:
            raise self._timed_out(request.kind, method) from None
        return self._codec(method)[1].decode(payload)

    async def _ask_in_time(self, kind: Kind, method: str, arguments: tuple[Any, ...]) -> Any:
        request = self._request(kind, method, arguments, self._timeout)
        return await self._ask(method, request, timeout=self._timeout)

    def _error_of(self, method: str) -> Callable[[Failed], Exception]:
        return lambda failed: as_error(failed.failure, self.contract, method, self._timeout)

    async def _in_time(self, method: str, call: Coroutine[Any, Any, _T]) -> _T:
        """The call's result; a read that others share goes on for them.

        Raises:
            CallTimeout: there was none in time.
            RemoteUnavailable: for the connection to the broker is lost.
        """
        first = _FIRST.set(self._timeout)
        try:
            async with asyncio.timeout(self._timeout) as limit:
                return await call
        except TimeoutError:
            if not limit.expired():
                raise
            raise self._timed_out(Kind.COMPUTE, method) from None
        finally:
            with suppress(ValueError):  # closed in another context, which ends with it
                _FIRST.reset(first)
            call.close()  # if it never began

    def _timed_out(self, kind: Kind, method: str) -> FusionError:
        timeout = CallTimeout(f"{self.contract.name}.{method}", self._timeout)
        return self._peer.why_silent(kind) or timeout
