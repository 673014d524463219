"""What is around the calls of a process: interceptors, and the meter among them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..graph import Graph
from ..interceptors import Interceptor, Side, attach, checked
from ..observing.meter import Meter
from ..services.pipeline import Pipeline
from ..table import Contract
from .settings import Settings

__all__ = ["Around"]


class Around:
    """The pipelines of services and clients. meter: None where nothing is measured."""

    def __init__(self, graph: Graph, settings: Settings) -> None:
        self.meter: Final = Meter() if settings.metrics else None
        meters = () if self.meter is None else (self.meter,)
        self._graph = graph
        self._principal = settings.principal
        self._bodies = (*meters, *settings.interceptors)
        self._calls = (*meters, *settings.client_interceptors)
        self._attached: dict[int, Interceptor] = {}
        self._attach((*self._bodies, *self._calls))

    def bodies(self, contract: Contract, within: Iterable[Interceptor]) -> Pipeline | None:
        """Around those of a service; within: its own interceptors.

        Raises:
            TypeError: an interceptor is none.
        """
        every = (*self._bodies, *checked(within))
        self._attach(every)
        return self._pipeline(contract, Side.HOST, every)

    def calls(self, contract: Contract) -> Pipeline | None:
        """Around those of a client."""
        return self._pipeline(contract, Side.CLIENT, self._calls)

    def _pipeline(
        self, contract: Contract, side: Side, interceptors: tuple[Interceptor, ...]
    ) -> Pipeline | None:
        return Pipeline(contract, side, self._principal, interceptors) if interceptors else None

    def _attach(self, interceptors: Iterable[Interceptor]) -> None:
        """Each gets the graph once, in however many lists it stands."""
        for each in interceptors:
            if id(each) not in self._attached:
                self._attached[id(each)] = each
                attach(each, self._graph)
