"""`Binding`: a service instance in a graph: its bodies, its commands, its invalidations."""

from __future__ import annotations

import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import NotBoundError, ServiceDisposed
from ..graph import (
    SCOPE,
    Computed,
    Graph,
    HotTable,
    Origin,
    OriginKind,
    Uncached,
    at_home,
    calling_line,
    fetch_hot,
    inspectors,
    new_hot_table,
    notify,
    run_in,
)
from ..operations import (
    CommandScope,
    Committer,
    Key,
    LocalCommitter,
    Operation,
    apart,
    check_not_reading,
    given_id,
    read_fresh,
    run_command,
)
from ..primitives import new_id
from ..table import Compute, Contract, Stream
from .closing import closing_last
from .compiled import hot_table
from .declared import DeclaredKeys
from .methods import ComputeMethods
from .passing import PassingStream, passing_head
from .pipeline import Pipeline

if TYPE_CHECKING:
    from .service import Service

__all__ = ["Binding"]

_T = TypeVar("_T")


class Binding(ComputeMethods):
    """What the proxy of one service instance calls. Does not keep the instance alive (G31)."""

    def __init__(self, service: Service, contract: Contract) -> None:
        super().__init__(contract)
        self._service = weakref.ref(service)
        self._raw = service._fusion_raw
        self._finalizer: weakref.finalize[..., Any] | None = None
        self.committer: Committer | None = None
        """Brings its commands to their end; a host sets it."""
        self.pipeline: Pipeline | None = None
        """The interceptors around its bodies; set before it joins a graph."""
        self.guard: Callable[[str, tuple[Any, ...]], None] | None = None
        """Raises if this host is not to run a method for these arguments; a host sets it (D20)."""

    def service(self) -> Service:
        """The instance.

        Raises:
            ServiceDisposed: it was dropped.
        """
        service = self._service()
        if service is None:
            raise ServiceDisposed(self.contract.name)
        return service

    def attach(self, graph: Graph) -> None:
        """Join a graph.

        Raises:
            NotBoundError: it belongs to another one.
        """
        if self.graph is graph:
            return
        if self.graph is not None:
            raise NotBoundError(
                f"{self.contract.name} was used before it was served: "
                "serve a service before its first call, or make a new instance of it"
            )
        super().attach(graph)
        graph.targets.add(self.contract.name, self)
        for inspector in inspectors:
            inspector.joined(graph, self.service())
        if self._finalizer is not None:
            self._finalizer.detach()
        self._finalizer = graph.when_collected(self.service(), self._functions.values())

    def hot_table(self, method: str, plain: bool) -> HotTable | None:
        if not plain:
            return None
        hits = new_hot_table()
        object.__setattr__(self.service(), hot_table(method), hits)
        return hits

    # -- compute methods: a call keeps the service alive until it ends --

    def compute(self, method: str, arguments: tuple[Any, ...]) -> Coroutine[Any, Any, _T]:
        """The value: from the cache, or computed; fresh inside of a command."""
        service = self.service()
        graph = self._graph
        # A loop that runs is not closed, so that `graph.closed` need not be asked.
        if graph is None or graph.ended or not at_home(graph.home):
            self.opened().check_usable(self.contract.name, to_look=True)
        function = self._functions[method]
        arguments = self._keyers[method].normalize(arguments)
        command = None if SCOPE.get() is None else CommandScope.current()
        if command is not None:
            body = partial(self.around(method), service, *arguments)
            return read_fresh(command, function.name, body)
        return fetch_hot(function, arguments, True, service, False)  # as `fetch`, without its frame

    async def computed(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Computed[Any]:
        """The computed behind the value."""
        service = self.service()
        function = self.function(method)
        return await function.computed(self.arguments(method, args, kwargs), alive=service)

    # -- bodies --

    def body(self, method: str) -> Callable[..., Awaitable[Any]]:
        raw, reference, name = self.around(method), self._service, self.contract.name

        def body(*arguments: Any) -> Awaitable[Any]:
            service = reference()
            if service is None:
                raise ServiceDisposed(name)
            if self.guard is not None:
                self.guard(method, arguments)
            awaitable: Awaitable[Any] = raw(service, *arguments)
            return awaitable

        return body

    def raw(self, method: str, arguments: tuple[Any, ...]) -> Coroutine[Any, Any, Any]:
        """The result, past the cache."""
        body = partial(self.around(method), self.service(), *arguments)
        if isinstance(self.contract.method[method], Compute):
            return run_in(Uncached(f"{self.contract.name}.{method}"), body)
        call: Coroutine[Any, Any, Any] = body()
        return call

    def raw_stream(self, method: str, arguments: tuple[Any, ...]) -> AsyncIterator[Any]:
        """The items of a stream, past the interceptors; see `within`."""
        items: AsyncIterator[Any] = self.unbound(method)(self.service(), *arguments)
        return items

    def raw_head(self, method: str, arguments: tuple[Any, ...]) -> Awaitable[tuple[Any, ...]]:
        """What comes before a stream, and the stream, past the interceptors; see `within`."""
        opened: Awaitable[tuple[Any, ...]] = self.unbound(method)(self.service(), *arguments)
        return opened

    def within(
        self, method: str, arguments: tuple[Any, ...], body: Callable[[], Awaitable[_T]]
    ) -> Awaitable[_T]:
        """The body, with the interceptors around it."""
        if self.pipeline is None:
            return body()
        return self.pipeline.run(self.pipeline.served(method, arguments), body)

    def local(
        self, method: str, body: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """What a call in this process of a plain method or a stream runs; see `pipeline`.

        body: what the user wrote.
        """
        pipeline, service = self.pipeline, self.service()
        assert pipeline is not None

        def arguments() -> tuple[Any, ...]:
            bound = self.contract.signature(method).bind(*args, **kwargs)
            bound.apply_defaults()
            return tuple(bound.arguments.values())

        call = pipeline.served(method, arguments)
        run = partial(body, service, *args, **kwargs)
        declared = self.contract.method[method]
        if not isinstance(declared, Stream):
            return pipeline.run(call, run)
        if declared.headed:
            return passing_head(pipeline, call, run)
        return PassingStream(pipeline, call, run)

    def around(self, method: str) -> Callable[..., Any]:
        """As `unbound`, with the interceptors around it."""
        raw = self.unbound(method)
        return raw if self.pipeline is None else self.pipeline.around(method, raw)

    def unbound(self, method: str) -> Callable[..., Any]:
        """What the user wrote: takes the service, then one argument a parameter, in their order."""
        raw: Callable[..., Any] = getattr(self._raw, method)
        split = self.contract.positional(method)
        names = self.contract.method[method].parameters[split:]
        if not names:
            return raw

        def with_keywords(service: Service, *arguments: object) -> Any:
            keywords = dict(zip(names, arguments[split:], strict=True))
            return raw(service, *arguments[:split], **keywords)

        return with_keywords

    # -- commands --

    def command(
        self, method: str, arguments: tuple[Any, ...], operation: Operation | None = None
    ) -> Coroutine[Any, Any, _T]:
        """Run a command; when it returns, what it invalidates is invalidated (D15)."""
        service = self.service()
        graph = self.opened()
        graph.check_usable(self.contract.name)
        # The body and the declared keys both read them.
        arguments = tuple(list(each) if isinstance(each, Iterator) else each for each in arguments)
        if self.guard is not None:
            self.guard(method, arguments)
        declared = DeclaredKeys(self.contract, method, arguments, self)
        body = self.unbound(method)
        if self.contract.method[method].sends:
            body = closing_last(body)
        given = None
        if operation is None:
            given = given_id()
            operation = Operation(given or new_id(), f"{self.contract.name}.{method}")
            operation.repeats = given is not None
        operation.of(self.contract, method)
        run = partial(
            run_command,
            operation,
            partial(body, service, *arguments),
            declared.by_arguments,
            declared.by_result,
            self.committer or LocalCommitter(graph),
        )
        call: Coroutine[Any, Any, _T]
        if self.pipeline is None:
            call = run()
        else:
            call = self._through(self.pipeline, method, arguments, operation, run)
        return call if given is None else apart(call)

    async def _through(
        self,
        pipeline: Pipeline,
        method: str,
        arguments: tuple[Any, ...],
        operation: Operation,
        run: Callable[[], Awaitable[_T]],
    ) -> _T:
        """One that an interceptor refuses never began: it invalidates nothing. One that succeeded
        is not run again (O13).

        Raises:
            CommandInComputeError: a compute body called it.
        """
        check_not_reading(operation.command)
        done: list[_T] = []

        async def once() -> _T:
            if not done:
                done.append(await run())
            return done[0]

        outer = CommandScope.current()
        id = operation.id if outer is None else outer.operation.id
        result: _T = await pipeline.run(pipeline.served(method, arguments, id), once)
        return result

    # -- invalidation --

    def add(self, contract: Contract, method: str, arguments: tuple[object, ...]) -> None:
        """`self.invalidate.get(…)`: now, or at the end of the command that runs."""
        self.check_host()
        command = CommandScope.current()
        if command is not None:
            self.opened().check_thread()
            arguments = self.pattern(method, arguments)
            command.operation.keys.append(Key(contract, method, arguments, self))
        else:
            origin = Origin(
                OriginKind.CALL,
                f"invalidated at {calling_line(3)}",
                outline=f"{contract.name}.{method} was invalidated",
            )
            notify(self.mark(method, arguments, origin))
