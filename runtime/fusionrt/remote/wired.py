"""`Wired`: what all calls of a client have in common: its options, and how they leave (D19)."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import partial
from typing import Any, Self, TypeVar
from weakref import WeakValueDictionary

from ..graph import Computed, Graph, HotTable, Origin, at_home, new_hot_table
from ..interceptors import Interceptor, Side
from ..operations import checked_id
from ..primitives import now
from ..rpc import Incoming, Lot, Peer, Pending, Registration, Upload
from ..services.methods import ComputeMethods
from ..services.pipeline import Pipeline
from ..table import Contract
from ..wire.frames import Ending, Kind
from ..wire.runs import Request
from .ahead import Watched
from .asking import Asking
from .last_known import LastKnown
from .reader import Reader
from .retries import patiently
from .way import Way

__all__ = ["Wired", "answer_of"]

_T = TypeVar("_T")

TIMEOUT = 10.0


class Wired(ComputeMethods):
    """A client's end of the wire, for one view of it: with its options."""

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
        self._once: Self | None = None
        """The same without retries."""
        self._ways: dict[str, Way] = {}
        self._reads: dict[tuple[str, float, Kind], Way] = {}
        self._watched: dict[str, WeakValueDictionary[object, Watched]] = {}
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
    ) -> Self:
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
        attempt: Callable[[Self], Awaitable[_T]],
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

    # -- plain calls, as all that is not cached --

    def call(self, method: str, arguments: tuple[Any, ...]) -> Awaitable[_T]:
        """Call a plain method; it is called now, and awaited at once."""
        if self._retries:
            again = partial(Wired.call, method=method, arguments=arguments)
            return self._patiently(method, again)
        if self._pipeline is not None:
            return self._call_through(self._pipeline, method, arguments)
        way = self._ways.get(method) or self._way(Kind.PLAIN, method)
        lot = self._peer.lot
        if lot is None or lot.ask is not way:
            lot = self._open_lot(way) if self._peer.crowded else None
        if lot is None or (answer := lot.add(self._encode(way, arguments))) is None:
            return answer_of(self._ask(way, arguments))
        return answer

    async def _call_through(
        self, pipeline: Pipeline, method: str, arguments: tuple[Any, ...]
    ) -> Any:
        way = self._ways.get(method) or self._way(Kind.PLAIN, method)
        call = pipeline.sent(method, arguments, now() + way.timeout)
        return await pipeline.run(
            call, lambda: answer_of(self._ask(way.carrying(call.headers), arguments))
        )

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

    def _open_lot(self, way: Way) -> Lot | None:
        """What the next calls that are made so may join, if calls of this client may be made
        together.
        """
        return self._peer.open_lot(way)


async def answer_of(asked: Pending) -> Any:
    """What becomes of a call; who leaves before that gives it up (D19)."""
    try:
        return await asked.answer
    except (asyncio.CancelledError, GeneratorExit):
        asked.give_up()
        raise
