"""`RemoteForBrowsers`: the calls that a gateway makes for its browsers (W1).

Who asks is an argument here, and a part of the keys, so that there is a replica for each browser.
What travels is the browser's session, in a header, which hosts believe of their gateways.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import replace
from typing import Any

from ..graph import Graph
from ..rpc import Peer, Pending, Registration, ShardPeer
from ..services.pipeline import Pipeline
from ..shards import Routing
from ..table import Contract
from ..wire.runs import SESSION
from .asking import Asking
from .remote import Remote
from .shard_remote import ShardRemote
from .stream_call import StreamCall
from .way import Way

__all__ = ["RemoteForBrowsers", "ShardRemoteForBrowsers"]


class RemoteForBrowsers(Remote):
    """As `Remote`; its methods take what the contract says, who asks included."""

    def __init__(
        self, contract: Contract, peer: Peer, graph: Graph, pipeline: Pipeline | None = None
    ) -> None:
        self._splits = {
            method.name: Asking(contract, method).split
            for method in contract.methods
            if method.filled
        }
        methods = tuple(replace(method, filled=()) for method in contract.methods)
        super().__init__(replace(contract, methods=methods), peer, graph, pipeline)
        self._sent = contract.for_clients

    def _split(self, way: Way, arguments: tuple[Any, ...]) -> tuple[Way, tuple[Any, ...]]:
        split = self._splits.get(way.method_name)
        if split is None:
            return way, arguments
        sent, session = split(arguments)
        return way.carrying({**dict(way.headers), SESSION: session}), sent

    def _open_lot(self, way: Way) -> None:
        """Each is made for its browser."""

    def _ask(
        self,
        way: Way,
        arguments: tuple[Any, ...],
        operation: str = "",
        registration: Registration | None = None,
    ) -> Pending:
        return super()._ask(*self._split(way, arguments), operation, registration)

    def _stream(
        self,
        way: Way,
        arguments: tuple[Any, ...],
        items: AsyncIterable[Any] | None,
        operation: str = "",
    ) -> StreamCall:
        return super()._stream(*self._split(way, arguments), items, operation)


class ShardRemoteForBrowsers(RemoteForBrowsers, ShardRemote):
    """The same of a sharded service: a call goes to its shard's owner by what of it is sent."""

    def __init__(
        self, contract: Contract, peer: ShardPeer, graph: Graph, pipeline: Pipeline | None = None
    ) -> None:
        super().__init__(contract, peer, graph, pipeline)
        self._routing = Routing(contract.for_clients)
