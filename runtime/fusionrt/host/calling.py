"""The clients of a process."""

from __future__ import annotations

from typing import Final, TypeVar

from ..cache import ClientCache
from ..errors import NotBoundError, RemoteUnavailable
from ..graph import Graph
from ..remote.client import Client
from ..remote.for_browsers import RemoteForBrowsers, ShardRemoteForBrowsers
from ..remote.last_known import LastKnown
from ..remote.remote import Remote
from ..remote.shard_remote import ShardRemote
from ..rpc import Caller, Clients
from ..table import Contract
from .around import Around

__all__ = ["Calling"]

_C = TypeVar("_C", bound=Client)


class Calling:
    """Makes each once. callers: who has sessions with this host."""

    def __init__(
        self, graph: Graph, caller: Caller, around: Around, cache: ClientCache | None
    ) -> None:
        self._graph = graph
        self._caller = caller
        self._around = around
        self._cache = cache
        self._clients: dict[type[Client], Client] = {}
        self.callers: Final = Clients(self._left)
        self._reached: dict[tuple[str, str], dict[type[Client], Client]] = {}
        """What clients of this host offer, as long as they have sessions."""

    def client(self, cls: type[_C]) -> _C:
        """That of a service, wherever it is served.

        Raises:
            NotBoundError: the class is no generated client.
        """
        contract = _contract_of(cls)
        client = self._clients.get(cls)
        if client is None:
            client = self._clients[cls] = cls(self._remote(contract))
        assert isinstance(client, cls)
        return client

    def reach(self, cls: type[_C], session: str) -> _C:
        """That of what one client of this host offers.

        Raises:
            NotBoundError: the class is no generated client.
            RemoteUnavailable: the client has left.
        """
        principal, _, cid = session.rpartition(".")
        contract = _contract_of(cls)
        if (principal, cid) not in self.callers:
            raise RemoteUnavailable(contract.name, "the client has left")
        clients = self._reached.setdefault((principal, cid), {})
        if cls not in clients:
            peer = self._caller.reach(contract.name, (principal, cid))
            clients[cls] = cls(Remote(contract, peer, self._graph, self._around.calls(contract)))
        client = clients[cls]
        assert isinstance(client, cls)
        return client

    def for_browsers(self, cls: type[Client]) -> Remote:
        """The calls of a gateway, which say for whom they are.

        Raises:
            NotBoundError: the class is no generated client.
        """
        contract = _contract_of(cls)
        if contract.for_clients is contract:
            return self._remote(contract)
        name, pipeline = contract.name, self._around.calls(contract)
        if contract.shard is not None:
            owners = self._caller.shard_peer(name)
            return ShardRemoteForBrowsers(contract, owners, self._graph, pipeline)
        return RemoteForBrowsers(contract, self._caller.peer(name), self._graph, pipeline)

    def _remote(self, contract: Contract) -> Remote:
        name, pipeline = contract.name, self._around.calls(contract)
        if contract.shard is not None:
            return ShardRemote(contract, self._caller.shard_peer(name), self._graph, pipeline)
        known = None if self._cache is None else LastKnown(self._cache, contract)
        return Remote(contract, self._caller.peer(name), self._graph, pipeline, known)

    def _left(self, principal: str, cid: str) -> None:
        """A client has no session here any more."""
        self._reached.pop((principal, cid), None)
        self._caller.left(principal, cid)


def _contract_of(cls: type[Client]) -> Contract:
    if not (isinstance(cls, type) and issubclass(cls, Client)):
        raise NotBoundError(f"client takes a generated …Client class, not {cls!r}")
    return cls._fusion_contract
