"""A seam for tools that look at every graph of a process, such as the pytest plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from ..graph import Graph

__all__ = ["Inspector", "inspect_ending", "inspectors"]


class Inspector(Protocol):
    """Looks at graphs; what it raises reaches whoever opens, joins or ends one."""

    def opened(self, graph: Graph) -> None:
        """It was made just now."""

    def joined(self, graph: Graph, service: object) -> None:
        """The service belongs to it from now on; the graph does not keep it alive."""

    async def ending(self, graph: Graph) -> None:
        """It ends in order, with its host or its loop; as yet everything is in it."""


inspectors: Final[list[Inspector]] = []
"""Who looks at the graphs of this process; none, unless a tool adds itself."""


async def inspect_ending(graph: Graph) -> None:
    """Let everybody have a last look."""
    for inspector in inspectors:
        await inspector.ending(graph)
