"""What commands of a process change, and how others and its own clients hear of that."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import OutboxMissing
from ..graph import Graph
from ..operations import Applier, EventHandler, HostCommitter, Nudges, Reflection
from .settings import Settings
from .wires import Wires

__all__ = ["Commits"]


@dataclass(frozen=True, slots=True)
class Commits:
    """applier: marks what operations name. nudges: tells other hosts, and hears them; it has the
    log. committer: runs the commands. reflection: what its services reflect of others' changes.
    """

    applier: Applier
    nudges: Nudges
    committer: HostCommitter
    reflection: Reflection

    @classmethod
    def of(cls, graph: Graph, iid: str, wires: Wires, settings: Settings) -> Commits:
        """From now on what is written in this process shows to its clients (D15)."""
        applier = Applier(graph, iid, wires.transport, settings.subjects)
        nudges = Nudges(applier, wires.loose)
        reflection = Reflection(graph, nudges, wires.caller)
        wires.caller.writes.on_wrote = graph.wrote
        wires.caller.writes.here = reflection.here
        committer = HostCommitter(graph, applier, nudges, wires.outlet.hasten)
        return cls(applier, nudges, committer, reflection)

    def handle(self, handler: EventHandler) -> None:
        """From now on do what stored events of its type ask for.

        Raises:
            OutboxMissing: there is no log that keeps events.
        """
        if self.nudges.log is None:
            raise OutboxMissing(handler.name)
        self.nudges.log.handle(handler)
