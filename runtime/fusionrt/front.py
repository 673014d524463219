"""`Front`: a way into a host beside its broker, for those who speak its protocol elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from .graph import Graph
from .remote.client import Client
from .remote.remote import Remote
from .remote.servant import ServiceServant
from .rpc import Responder

__all__ = ["Front"]


class Front:
    """Of one gateway; made by `Host.front`.

    is_draining: nobody is let in any more.
    graph: where what it serves belongs to. iid: as whom the host is known. remote: makes the calls
    of a client class for those who come. responders: of what is
    served; their clients are whoever the gateway says, and come by `Responder.heard`.
    """

    def __init__(
        self,
        graph: Graph,
        iid: str,
        remote: Callable[[type[Client]], Remote],
        responder: Callable[[ServiceServant, str], Responder],
        changed: Callable[[], None],
    ) -> None:
        """responder: makes one. changed: is called when there is another one."""
        self.graph: Final = graph
        self.iid: Final = iid
        self.responders: Final[list[Responder]] = []
        self.remote: Final = remote
        self._make: Final = responder
        self._changed: Final = changed
        self.is_draining = False
        self._at_close: list[Callable[[], Awaitable[object]]] = []

    def serve(self, servant: ServiceServant, name: str) -> Responder:
        """Answer calls of a service."""
        responder = self._make(servant, name)
        self.responders.append(responder)
        self._changed()
        return responder

    def at_close(self, handler: Callable[[], Awaitable[object]]) -> None:
        """Await this when all that is to be said was handed over."""
        self._at_close.append(handler)

    async def drain(self) -> None:
        """Ask the clients to move, and return when they did (D22)."""
        self.is_draining = True
        await asyncio.gather(*(each.drain() for each in self.responders))

    async def close(self) -> None:
        """Answer nothing any more. Does nothing the second time."""
        responders = list(self.responders)
        self.responders.clear()
        for responder in responders:
            await responder.close()
        handlers, self._at_close = self._at_close, []
        for handler in handlers:
            await handler()
