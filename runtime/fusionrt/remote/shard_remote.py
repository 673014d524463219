"""`ShardRemote`: calls of a client of a sharded service, each to its shard's owner (D20)."""

from __future__ import annotations

from typing import Any

from ..graph import Graph
from ..rpc import Ahead, Incoming, Pending, Registration, ShardPeer, Upload
from ..services.pipeline import Pipeline
from ..shards import Routing
from ..table import Contract
from ..wire.runs import Request
from .remote import Remote
from .way import Way

__all__ = ["ShardRemote"]


class ShardRemote(Remote):
    """What a typed client calls."""

    def __init__(
        self, contract: Contract, peer: ShardPeer, graph: Graph, pipeline: Pipeline | None = None
    ) -> None:
        """See `Remote`."""
        self._routing = Routing(contract.for_clients)
        self._shard_peer = peer
        super().__init__(contract, peer, graph, pipeline)

    def _question(self, method: str) -> None:
        """A shard that moved has another owner: its replicas are stale (D20)."""

    def _open_stream(
        self, request: Request, arguments: tuple[Any, ...], upload: Upload | None
    ) -> Incoming:
        way = request.ask
        assert isinstance(way, Way)
        shard = self._routing.of(way.method_name, arguments)
        return self._shard_peer.stream(request, upload, shard)

    def _open_lot(self, way: Way) -> None:
        """Each goes to the owner of its shard."""

    def _ask_ahead(self, method: str, arguments: tuple[Any, ...], of: Registration) -> Ahead | None:
        ahead = super()._ask_ahead(method, arguments, of)
        if ahead is not None:
            ahead.shard = self._routing.of(method, arguments)
        return ahead

    def _ask(
        self,
        way: Way,
        arguments: tuple[Any, ...],
        operation: str = "",
        registration: Registration | None = None,
    ) -> Pending:
        self._check_home()
        data = way.encoded(arguments)
        self._check_size(way, data, operation)
        shard = self._routing.of(way.method_name, arguments)
        return self._shard_peer.ask(way, data, operation, registration, shard)
