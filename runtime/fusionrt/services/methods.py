"""`ComputeMethods`: the compute methods of one service or client instance, in one graph."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

from ..contract import ComputeOptions
from ..graph import (
    Changes,
    Computed,
    Function,
    Graph,
    HotTable,
    Origin,
    at_home,
    kind_of,
    running_graph,
)
from ..table import Compute, Contract
from ..values.keys import Keyer
from ..values.masking import text_without_secrets

__all__ = ["ComputeMethods"]


class ComputeMethods:
    """Binds calls to the compute methods of a contract.

    An instance that has no host joins the graph of the running loop at its first call, and leaves
    it when that has ended. One that has a host ends with it, until another one takes it.
    """

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._graph: Graph | None = None
        self._has_host = False
        self._functions: dict[str, Function[Any]] = {}
        self._keyers: dict[str, Keyer] = {}
        self.plain: dict[str, tuple[Function[Any], tuple[frozenset[type], ...]]] = {}
        """For the compiled core: functions whose arguments are keys if they have these types."""

    # -- what a service and a client differ in --

    def body(self, method: str) -> Callable[..., Awaitable[Any]]:
        """What computes a value; must not keep this instance's owner alive."""
        raise NotImplementedError

    def options(self, method: Compute) -> ComputeOptions:
        """How this end caches the results of a method."""
        return method.options

    def hot_table(self, method: str, plain: bool) -> HotTable | None:
        """Where the hits of the hot path go, if it has one."""
        return None

    # -- graphs --

    @property
    def graph(self) -> Graph | None:
        """The graph that it belongs to, if it is open."""
        graph = self._graph
        return None if graph is None or graph.closed else graph

    def adopt(self, graph: Graph) -> None:
        """Join the graph of a host."""
        graph.check_usable(self.contract.name, to_look=True)
        self.attach(graph)
        self._has_host = True

    def opened(self) -> Graph:
        """The graph to work in: that of its host; without one, that of the running loop.

        Raises:
            ServiceDisposed: its host has stopped.
        """
        graph = self.graph
        if graph is None:
            self.check_host()
            graph = running_graph()
            self.attach(graph)
        return graph

    def check_host(self) -> None:
        """Raise if it had a host, and that has stopped (G29).

        Raises:
            ServiceDisposed: as it says.
        """
        if self._has_host and self._graph is not None and self._graph.closed:
            self._graph.check_usable(self.contract.name)

    def attach(self, graph: Graph) -> None:
        """Join a graph."""
        self._graph = graph
        self._functions.clear()
        self.plain.clear()
        for method in self.contract.methods:
            if not isinstance(method, Compute):
                continue
            name = f"{self.contract.name}.{method.name}"
            types = self.contract.resolved.signatures[method.name].parameters
            keyer = self._keyers[method.name] = Keyer(name, method.parameters, types)
            options = self.options(method)
            function = self._functions[method.name] = kind_of(options)(
                graph,
                name,
                self.body(method.name),
                key=keyer.key,
                part=keyer.part,
                shows=tuple(map(text_without_secrets, types)),
                options=options,
                hot=self.hot_table(method.name, keyer.plain),
            )
            if keyer.plain and type(function) is Function:
                self.plain[method.name] = function, keyer.exact

    def function(self, method: str) -> Function[Any]:
        """The compute method of that name, in its graph."""
        graph = self._graph
        # A loop that runs is not closed, so that `graph.closed` need not be asked.
        if graph is None or graph.ended or not at_home(graph.home):
            self.opened()
        return self._functions[method]

    @property
    def bodies(self) -> int:
        """How many bodies of compute methods have run."""
        return sum(function.bodies for function in self._functions.values())

    # -- calls --

    def peek(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Computed[Any] | None:
        """The computed, if there is one."""
        graph = self.graph
        if graph is None:
            self.check_host()
            return None
        graph.check_thread()
        return self.function(method).peek(self.arguments(method, args, kwargs))

    def changes(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> AsyncIterator[Computed[Any]]:
        """The computed now, and after each invalidation."""
        return Changes(self.function(method), self.arguments(method, args, kwargs))

    def arguments(
        self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[Any, ...]:
        """One argument a parameter, in the declared order, normalised (G32)."""
        keyer = self._keyers[method]
        if not kwargs and len(args) == keyer.count:
            return keyer.normalize(args)
        bound = self.contract.signature(method).bind(*args, **kwargs)
        bound.apply_defaults()
        return keyer.normalize(tuple(bound.arguments.values()))

    # -- invalidation --

    def pattern(self, method: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments of an invalidation, normalised; each may be `ANY`.

        Raises:
            ArgumentError: one has another type.
        """
        return self._keyers[method].pattern(arguments)

    def mark(self, method: str, arguments: tuple[Any, ...], origin: Origin) -> list[Computed[Any]]:
        """Invalidate results; see `graph.Target`."""
        if self.graph is None:
            return []
        return self._functions[method].mark(self.pattern(method, arguments), origin)

    def mark_all(self, origin: Origin) -> list[Computed[Any]]:
        """Invalidate every result; see `graph.Target`."""
        if self.graph is None:
            return []
        functions = self._functions.values()
        return [computed for function in functions for computed in function.mark_all(origin)]

    def mark_where(
        self, chosen: Callable[[str, tuple[Any, ...]], bool], origin: Origin
    ) -> list[Computed[Any]]:
        """Invalidate the results that are chosen by their method and arguments."""
        marked: list[Computed[Any]] = []
        for method, function in self._functions.items():
            marked += function.mark_where(partial(chosen, method), origin)
        return marked
