"""`Applier`: what other hosts' operations invalidate here."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from ..graph import Graph, Origin, OriginKind, notify
from ..rpc import Subjects
from ..seldom import Seldom
from ..table import Contract
from ..transport import Transport
from .operation import Operation, apply
from .stored import StoredOperation, from_stored

__all__ = ["Applier"]

_log = logging.getLogger("fusionrt")

_LONGEST_NAME = 500  # characters of a command's; each origin repeats it


class Applier:
    """The services of one host, by name: an operation that names no other changes nothing here."""

    def __init__(self, graph: Graph, iid: str, transport: Transport, subjects: Subjects) -> None:
        self.iid: Final = iid
        self.transport: Final = transport
        self.subjects: Final = subjects
        self._graph: Final = graph
        self._seldom: Final = Seldom(_log)
        self._served: dict[str, Contract] = {}
        self.pending: Final[set[str]] = set()
        """Operations of this host that may be stored, and are not applied."""

    def serve(self, contract: Contract) -> None:
        """This service is served here, too."""
        self._served[contract.name] = contract

    def needs(self, iid: str, id: str) -> bool:
        """Whether an operation that is in the log is to be applied: see `Follower`."""
        return iid != self.iid or id in self.pending

    def apply(self, told: StoredOperation) -> None:
        """Invalidate what it names. Never raises; applied twice it does no harm (O8)."""
        keys = [
            from_stored(self._served[key.service], key)
            for key in told.keys
            if key.service in self._served
        ]
        if keys and not self._graph.closed:
            operation = Operation(told.id, told.command[:_LONGEST_NAME], keys)
            apply(operation, self._graph, self._seldom)

    def lost(self, why: str) -> None:
        """Invalidate everything that is served here: what changed is not known (O9)."""
        self.invalidate(self._served, why)

    def invalidate(self, services: Iterable[str], why: str) -> None:
        """Invalidate all results of these services."""
        if self._graph.closed:
            return
        origin = Origin(OriginKind.REMOTE, why)
        for service in services:
            for target in self._graph.targets.named(service):
                notify(target.mark_all(origin))
