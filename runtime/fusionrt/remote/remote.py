"""`Remote`: the calls of one client: replicas, commands, plain calls and streams."""

from __future__ import annotations

import asyncio
import copy
import math
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
)
from contextlib import suppress
from functools import partial
from typing import Any, NoReturn, TypeVar

from ..contract import ComputeOptions
from ..errors import ArgumentError, CallTimeout, OutcomeUnknown
from ..graph import SCOPE, Computed, Graph, HotTable, Origin, arguments_of, at_home, new_hot_table
from ..interceptors import Call, Interceptor, Side
from ..operations import (
    CommandScope,
    Operation,
    apply,
    check_not_reading,
    checked_id,
    given_id,
)
from ..primitives import aclose, new_id, now
from ..rpc import Ask, Incoming, Lot, Peer, Pending, Registration, Upload
from ..services.declared import DeclaredKeys
from ..services.methods import ComputeMethods
from ..services.passing import PassingStream, passing_head
from ..services.pipeline import Pipeline
from ..table import Command, Compute, Contract
from ..wire.digest import content_id
from ..wire.frames import Ending, Kind, Mark
from ..wire.runs import Request
from .asking import Asking
from .last_known import UNKNOWN, LastKnown
from .reader import FIRST, ReadBy, Reader
from .replica import UNHEARD, UNPROVEN, Question, lean_on, recall, registration_of
from .retries import patiently
from .stream_call import StreamCall
from .way import Same, Way

__all__ = ["Remote"]

_T = TypeVar("_T")

TIMEOUT = 10.0
READS = 1000
"""Ways that are kept for reads, by method and time: who reads with ever new times makes new ones.
"""


class Remote(ComputeMethods):
    """What a typed client calls."""

    def __init__(
        self,
        contract: Contract,
        peer: Peer,
        graph: Graph,
        pipeline: Pipeline | None = None,
        last_known: LastKnown | None = None,
    ) -> None:
        """pipeline: the interceptors around the calls of all its views. last_known: what it was
        told before this process began.
        """
        super().__init__(contract.for_clients)
        self._whole = contract
        self._sent: Contract = self.contract
        """As it travels: which arguments are sent."""
        self._asking = {
            method.name: Asking(contract, method) for method in contract.methods if method.filled
        }
        self._peer = peer
        self._timeout = TIMEOUT
        self._stale_ok = False
        self._pipeline = pipeline
        self._last_known = last_known
        self._retries = 0
        self._operation: str | None = None
        """The id of the one command that is called with this view."""
        self._once: Remote | None = None
        """The same without retries."""
        self._ways: dict[str, Way] = {}
        self._reads: dict[tuple[str, float], Way] = {}
        self.hits: dict[str, HotTable] = {}
        """Of the methods whose raw arguments may be keys: where a client looks its hits up."""
        self._reader = self._as_reader(TIMEOUT)
        self.adopt(graph)

    def attach(self, graph: Graph) -> None:
        super().attach(graph)
        graph.targets.add(self.contract.name, self)
        for function in self._functions.values():
            function.replicates = True

    def hot_table(self, method: str, plain: bool) -> HotTable | None:
        if not plain:
            return None
        hits = self.hits[method] = new_hot_table()
        return hits

    def with_options(
        self,
        timeout: float | None = None,
        stale_ok: bool | None = None,
        retries: int | None = None,
        interceptors: Iterable[Interceptor] = (),
        operation: str | None = None,
    ) -> Remote:
        """The same replicas, read with other options."""
        view = copy.copy(self)
        view._once = None
        if added := tuple(interceptors):
            own = self._pipeline or Pipeline(self.contract, Side.CLIENT, self._peer.principal, ())
            view._pipeline = own.extended(added)
        if timeout is not None:
            view._timeout = timeout
            view._ways = {}
        if stale_ok is not None:
            view._stale_ok = stale_ok
        if retries is not None:
            view._retries = retries
        if operation is not None:
            view._operation = checked_id(operation, "with_options")
        view._reader = view._as_reader(view._timeout)
        return view

    def _as_reader(self, seconds: float) -> Reader:
        return Reader(seconds, self._pipeline, self._functions)

    def mark(self, method: str, arguments: tuple[Any, ...], origin: Origin) -> list[Computed[Any]]:
        """As its base; the replicas here are of nobody but this process (W1)."""
        if method in self._asking:
            sent = self._asking[method].sent(arguments, self._peer.asker)
            if sent is None:
                return []
            arguments = sent
        return super().mark(method, arguments, origin)

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

    def compute(self, method: str, arguments: tuple[Any, ...]) -> Coroutine[Any, Any, _T]:
        """The value, from the replica; past it inside of a command."""
        if CommandScope.current() is not None:
            return self.raw(method, arguments)
        if self._retries:
            again = partial(Remote.compute, method=method, arguments=arguments)
            return self._patiently(method, again, least=UNPROVEN)
        arguments = self._keyers[method].normalize(arguments)
        if (refused := self._refused(method, arguments)) is not None:
            return _fail_soon(refused)
        read = self.function(method).fetch(arguments, stale_ok=self._stale_ok)
        return self._in_time(method, read)

    def _refused(self, method: str, arguments: tuple[Any, ...]) -> Exception | None:
        """Why a read is refused before there is a replica: it would have to ask, and could not be
        served in time (D27).
        """
        failure = self._peer.refusal(self._timeout)
        if failure is None:
            return None
        function = self.function(method)
        if function.find(function.key(arguments)) is not None:
            return None
        self._peer.refusals += 1
        return self._read(method, self._timeout).error(failure)

    async def computed(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Computed[Any]:
        """The computed behind the value."""
        arguments = self.arguments(method, args, kwargs)
        if (refused := self._refused(method, arguments)) is not None:
            await _fail_soon(refused)
        read = self.function(method).computed(arguments, stale_ok=self._stale_ok)
        return await self._in_time(method, read)

    def changes(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> AsyncIterator[Computed[Any]]:
        """The computed now, and after each invalidation."""
        changes = super().changes(method, args, kwargs)
        return changes if self._pipeline is None else ReadBy(changes, self._as_reader(math.inf))

    async def raw(self, method: str, arguments: tuple[Any, ...]) -> _T:
        result: _T = await self.call(method, self._keyers[method].normalize(arguments))
        return result

    def options(self, method: Compute) -> ComputeOptions:
        """The host expires, delays and consolidates; what it says is applied at once."""
        return ComputeOptions(min_cache=method.options.min_cache)

    def _question(self, method: str) -> Question | None:
        """How to ask whether a replica still holds (D16)."""
        same = Same(method, self._timeout)

        def question(replica: Computed[Any]) -> tuple[Ask, bytes, str]:
            way, sent = self._split(self._read(method, self._timeout), arguments_of(replica))
            content = content_id(way.results.encode(replica.value))
            return same.carrying(dict(way.headers)), way.encoded(sent), content

        return question

    def _split(self, way: Way, arguments: tuple[Any, ...]) -> tuple[Way, tuple[Any, ...]]:
        """How a call with these arguments is made, and which of them are sent."""
        return way, arguments

    def body(self, method: str) -> Callable[..., Awaitable[Any]]:
        question = self._question(method)

        def body(*arguments: Any) -> Awaitable[Any]:
            if not isinstance(SCOPE.get(), Computed):  # it makes no replica
                return self.call(method, arguments)
            # Its callers have deadlines, each its own; the last one that leaves cancels it. The
            # first one's says whether it can be served in time.
            reader = FIRST.get()
            way = self._read(method, reader.seconds)
            pipeline = reader.pipeline if reader.of is self._functions else self._pipeline
            if self._last_known is not None:
                value = self._last_known.take(way, arguments)
                if value is not UNKNOWN:
                    recall(self._peer, question)
                    return _known(value)
            registration = registration_of(self._peer, question)
            if pipeline is None:
                return self._replicate(way, arguments, registration)
            return self._replicate_through(pipeline, way, method, arguments, registration)

        return body

    async def _replicate(
        self, way: Way, arguments: tuple[Any, ...], registration: Registration
    ) -> Any:
        """Ask for the value of the replica whose body runs."""
        known = self._last_known
        try:
            asked = self._ask(way, arguments, "", registration)
            try:
                value = await asked.answer
            except (asyncio.CancelledError, GeneratorExit):  # as `_answer`, without its frame
                asked.give_up()
                raise
        except Exception as error:
            lean_on(registration, failed=True)
            if known is not None and not isinstance(error, UNHEARD):
                known.forget(way, arguments)
            raise
        lean_on(registration, failed=False)
        if known is not None:
            known.learn(way, arguments, value)
        return value

    async def _replicate_through(
        self,
        pipeline: Pipeline,
        way: Way,
        method: str,
        arguments: tuple[Any, ...],
        registration: Registration,
    ) -> Any:
        """What interceptors made up without asking is proven by nothing (D2)."""
        seconds, asked = way.timeout, False
        call = pipeline.sent(method, arguments, None if seconds == math.inf else now() + seconds)

        async def ask() -> Any:
            nonlocal asked
            asked = True
            return await self._replicate(way.carrying(call.headers), arguments, registration)

        failed = True
        try:
            value = await pipeline.run(call, ask)
            failed = False
        finally:
            if not asked:
                lean_on(registration, failed=failed)
        return value

    # -- the others --

    def call(self, method: str, arguments: tuple[Any, ...]) -> Awaitable[_T]:
        """Call a plain method; it is called now, and awaited at once."""
        if self._retries:
            again = partial(Remote.call, method=method, arguments=arguments)
            return self._patiently(method, again)
        if self._pipeline is not None:
            return self._call_through(self._pipeline, method, arguments)
        way = self._ways.get(method) or self._way(Kind.PLAIN, method)
        lot = self._peer.lot
        if lot is None or lot.ask is not way:
            lot = self._open_lot(way) if self._peer.crowded else None
        if lot is None or (answer := lot.add(self._encode(way, arguments))) is None:
            return _answer(self._ask(way, arguments))
        return answer

    def _open_lot(self, way: Way) -> Lot | None:
        """What the next calls that are made so may join, if calls of this client may be made
        together.
        """
        return self._peer.open_lot(way)

    async def _call_through(
        self, pipeline: Pipeline, method: str, arguments: tuple[Any, ...]
    ) -> Any:
        way = self._ways.get(method) or self._way(Kind.PLAIN, method)
        call = pipeline.sent(method, arguments, now() + way.timeout)
        return await pipeline.run(
            call, lambda: _answer(self._ask(way.carrying(call.headers), arguments))
        )

    async def tell(self, method: str, arguments: tuple[Any, ...]) -> None:
        """Make a one-way call; it was sent when this returns."""
        if self._retries:
            again = partial(Remote.tell, method=method, arguments=arguments)
            return await self._patiently(method, again)
        way = self._ways.get(method) or self._way(Kind.ONEWAY, method)
        pipeline = self._pipeline
        if pipeline is None:
            await self._tell(way, arguments)
            return None
        call = pipeline.sent(method, arguments, now() + way.timeout)
        await pipeline.run(call, lambda: self._tell(way.carrying(call.headers), arguments))

    async def _tell(self, way: Way, arguments: tuple[Any, ...]) -> None:
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
        check_not_reading(f"{self.contract.name}.{method}")
        operation = operation or self._operation or given_id() or new_id()
        if self._retries:
            again = partial(Remote.command, method=method, arguments=arguments, operation=operation)
            return await self._patiently(method, again)
        way = self._ways.get(method) or self._way(Kind.COMMAND, method)
        pipeline = self._pipeline
        result: _T
        if pipeline is None:
            result = await self._command(way, method, arguments, operation)
            return result
        call = pipeline.sent(method, arguments, now() + way.timeout, operation)
        result = await pipeline.run(
            call, lambda: self._command(way.carrying(call.headers), method, arguments, operation)
        )
        return result

    async def _command(
        self, way: Way, method: str, arguments: tuple[Any, ...], operation: str
    ) -> Any:
        asked = self._ask(way, arguments, operation)
        try:
            result: Any = await _answer(asked)
            await self._reflected(asked.wrote)
            return result
        except (CallTimeout, OutcomeUnknown, asyncio.CancelledError):
            self._may_have_written(method, arguments, asked.operation)
            raise
        finally:
            self._note(asked.wrote)

    async def _reflected(self, wrote: tuple[Mark, ...]) -> None:
        """Return when this process's own services reflect what a command changed (D15)."""
        if wrote and (reflected := self._peer.writes.here(wrote)) is not None:
            await reflected

    def _note(self, wrote: tuple[Mark, ...]) -> None:
        """Whoever is answered by what called a command is told of what that changed (D15)."""
        if not wrote:
            return
        outer = CommandScope.current()
        if outer is not None:
            outer.operation.marks.add(wrote)
        else:
            self._peer.writes.loose.add(wrote)

    def stream(
        self,
        method: str,
        arguments: tuple[Any, ...],
        items: AsyncIterable[Any] | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Read a stream. items: what is sent with the call."""
        way, pipeline = self._stream_way(method), self._pipeline
        if pipeline is None:
            return self._stream(way, arguments, items).results()
        call = _sent(pipeline, way, arguments, items)
        return PassingStream(
            pipeline,
            call,
            lambda: aiter(self._stream(way.carrying(call.headers), arguments, items).results()),
        )

    async def open(
        self,
        method: str,
        arguments: tuple[Any, ...],
        items: AsyncIterable[Any] | None = None,
    ) -> tuple[Any, ...]:
        """What comes before a stream, and the stream."""
        way, pipeline = self._stream_way(method), self._pipeline
        if pipeline is None:
            return await self._stream(way, arguments, items).headed()
        call = _sent(pipeline, way, arguments, items)
        return await passing_head(
            pipeline,
            call,
            lambda: self._stream(way.carrying(call.headers), arguments, items).headed(),
        )

    async def send(self, method: str, arguments: tuple[Any, ...], items: AsyncIterable[Any]) -> _T:
        """Call a plain method or a command, and send it what the iterator gives."""
        operation = None
        if isinstance(self.contract.method[method], Command):
            check_not_reading(f"{self.contract.name}.{method}")
            operation = self._operation or given_id() or new_id()
        way, pipeline = self._stream_way(method), self._pipeline
        result: _T
        if pipeline is None:
            result = await self._send(way, arguments, items, operation)
            return result
        call = _sent(pipeline, way, arguments, items, operation)
        try:
            result = await pipeline.run(
                call, lambda: self._send(way.carrying(call.headers), arguments, items, operation)
            )
        finally:
            await aclose(items)  # they may have refused it
        return result

    async def _send(
        self,
        way: Way,
        arguments: tuple[Any, ...],
        items: AsyncIterable[Any],
        operation: str | None,
    ) -> Any:
        if operation is None:
            return await self._stream(way, arguments, items).single()
        asked = self._stream(way, arguments, items, operation)
        try:
            result = await asked.single()
            await self._reflected(asked.wrote)
            return result
        except (CallTimeout, OutcomeUnknown, asyncio.CancelledError):
            self._may_have_written(way.method_name, (*arguments, items), operation)
            raise
        finally:
            self._note(asked.wrote)

    def _may_have_written(self, method: str, arguments: tuple[Any, ...], operation: str) -> None:
        """Nobody here will learn whether a command wrote (O20). A host that answers has told us
        before.
        """
        if self.graph is not None:
            if method in self._asking:
                arguments = self._asking[method].fill(arguments, self._peer.asker)
            keys = DeclaredKeys(self._whole, method, arguments).by_arguments()
            apply(Operation(operation, f"{self.contract.name}.{method}", keys), self.graph)

    def _stream_way(self, method: str) -> Way:
        self._check_home()
        return self._ways.get(method) or self._way(Kind.STREAM, method)

    def _stream(
        self,
        way: Way,
        arguments: tuple[Any, ...],
        items: AsyncIterable[Any] | None,
        operation: str = "",
    ) -> StreamCall:
        sends = self.contract.method[way.method_name].sends
        if sends and not isinstance(items, AsyncIterable):
            problem = f"expected an asynchronous iterator to send, not a {type(items).__name__}"
            raise ArgumentError(f"{self.contract.name}.{way.method_name}", problem)
        data = way.encoded(arguments)
        self._check_size(way, data, operation)
        request = Request(way, data, now() + self._timeout, operation)
        return StreamCall(way, items, partial(self._open_stream, request, arguments))

    # -- over the wire --

    def _open_stream(
        self, request: Request, arguments: tuple[Any, ...], upload: Upload | None
    ) -> Incoming:
        return self._peer.stream(request, upload)

    def _ask(
        self,
        way: Way,
        arguments: tuple[Any, ...],
        operation: str = "",
        registration: Registration | None = None,
    ) -> Pending:
        data = self._encode(way, arguments)
        if way.headers:
            self._check_size(way, data, operation)
        return self._peer.ask(way, data, operation, registration)

    def _encode(self, way: Way, arguments: tuple[Any, ...]) -> bytes:
        graph = self._graph  # as `_check_home`, without its frame
        if graph is not None and not at_home(graph.home):
            graph.check_usable(self.contract.name)
        try:
            return way.encode(arguments)
        except Exception:
            return way.encoded(arguments)

    def _check_size(self, way: Way, data: bytes, operation: str) -> None:
        """Raise if its headers make a call too large for a message; the session looks at others."""
        if way.headers and not self._peer.carries(data, operation, way.headers):
            problem = "its arguments and headers have too many bytes for a message"
            raise way.error(Ending("arguments_too_large", problem))

    def _check_home(self) -> None:
        if self._graph is not None and not at_home(self._graph.home):
            self._graph.check_usable(self.contract.name)

    def _way(self, kind: Kind, method: str) -> Way:
        """How its calls are made; a method has one kind, and a compute method past the cache is
        plain.
        """
        way = Way(kind, self._sent, method, self._peer, self._timeout)
        self._ways[method] = way
        return way

    def _read(self, method: str, seconds: float) -> Way:
        """How the calls that make its replicas are made, for readers that have so many seconds."""
        way = self._reads.get((method, seconds))
        if way is None:
            if len(self._reads) >= READS:
                self._reads.clear()
            way = Way(Kind.COMPUTE, self._sent, method, self._peer, seconds)
            self._reads[method, seconds] = way
        return way

    async def _in_time(self, method: str, call: Coroutine[Any, Any, _T]) -> _T:
        """The call's result; a read that others share goes on for them.

        Raises:
            CallTimeout: there was none in time.
            RemoteUnavailable: for the connection to the broker is lost.
        """
        first = FIRST.set(self._reader)
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
                FIRST.reset(first)
            call.close()  # if it never began


async def _fail_soon(error: Exception) -> NoReturn:
    """Raise it when the loop has had its turn: see `Peer._fail_soon`."""
    await asyncio.sleep(0)
    raise error


async def _known(value: Any) -> Any:
    """What need not be asked for."""
    return value


async def _answer(asked: Pending) -> Any:
    """What becomes of a call; who leaves before that gives it up (D19)."""
    try:
        return await asked.answer
    except (asyncio.CancelledError, GeneratorExit):
        asked.give_up()
        raise


def _sent(
    pipeline: Pipeline,
    way: Way,
    arguments: tuple[Any, ...],
    items: AsyncIterable[Any] | None,
    operation: str | None = None,
) -> Call:
    """What interceptors are told of a call that streams."""
    given = arguments if items is None else (*arguments, items)
    return pipeline.sent(way.method_name, given, now() + way.timeout, operation)
