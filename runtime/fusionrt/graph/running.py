"""The graphs of services without a host: one an event loop, and none that crosses a fork (G39)."""

from __future__ import annotations

import asyncio
import os

from ..errors import NotBoundError
from ..primitives import running_loop
from ._core.scope import SCOPE
from .graph import Graph

__all__ = ["running_graph"]

_graphs: dict[asyncio.AbstractEventLoop, Graph] = {}
"""A graph ends with its loop, and keeps it until then: a weak key would live for ever. Several
threads may look at this."""
_forked = False
"""Whether this process was forked from one that had imported this."""


def running_graph() -> Graph:
    """The graph of the running loop, for services that have no host.

    Raises:
        RuntimeError: no loop runs.
        NotBoundError: no loop runs, for the process was forked from one whose loop ran.
    """
    loop = running_loop()
    if loop is None and _forked:
        raise NotBoundError(
            "no event loop runs in this process, which was forked from one where it did: "
            "run another one (`asyncio.run`) after the fork"
        )
    loop = asyncio.get_running_loop()
    graph = _graphs.get(loop)
    if graph is None or graph.closed:
        for ended in [other for other in list(_graphs) if other.is_closed()]:
            dead = _graphs.pop(ended, None)
            if dead is not None:
                dead.close()
        graph = _graphs[loop] = Graph()
    return graph


def _in_child() -> None:
    """After a fork, in the child: it begins as if nothing had been used (G39)."""
    global _forked
    _forked = True
    SCOPE.set(None)
    _graphs.clear()
    Graph.leave_all()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
