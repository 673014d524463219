"""`Entrance`: where pages come into a host, as long as that runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from ..errors import WireError
from ..front import Front
from ..host import Host
from ..remote.client import Client
from ..rpc import TOKEN
from ..wire.admission import rejection
from ..wire.envelopes import ClientEnvelope, decode_client_envelope
from .departures import Departures
from .endings import Ended, Endings
from .forwarding import Forwarder, forwarder, servant_of
from .limits import PageLimits
from .page import Code, Page, framed, unframed
from .pages import Pages
from .posted import Posted
from .statistics import GatewayStatistics

__all__ = ["Entrance"]


class Entrance:
    """Hands what pages say to the services that they name, and nothing else (W2)."""

    def __init__(
        self,
        front: Front,
        pages: Pages,
        services: Mapping[str, Forwarder],
        limits: PageLimits,
        ended: Ended | None = None,
        greeting: bytes = b"",
    ) -> None:
        self.is_closed = False
        self._front = front
        self._pages = pages
        self._limits = limits
        self._greeting = greeting
        self._services = services  # keeps them alive
        self._endings = None if ended is None else Endings(ended, self.renew)
        self._departures = Departures(self._forget)
        self.posted = Posted(services)
        self._responders = {
            name: front.serve(servant_of(service, front.iid), name)
            for name, service in services.items()
        }
        front.at_close(self._close)

    @classmethod
    def open(
        cls,
        host: Host,
        classes: Mapping[str, type[Client]],
        limits: PageLimits,
        ended: Ended | None = None,
        greeting: bytes = b"",
    ) -> Entrance:
        """Begin to answer. ended: whether a session is over. greeting: the first message of each
        page, if there is one.

        Raises:
            NotBoundError: the host does not run.
        """
        pages = Pages(limits)
        front = host.front(pages, limits.quota)
        services = {name: forwarder(each, front.remote(each)) for name, each in classes.items()}
        for service in services.values():
            service._fusion.adopt(front.graph)
        return cls(front, pages, services, limits, ended, greeting)

    @property
    def is_draining(self) -> bool:
        """Whether it lets nobody in any more."""
        return self._front.is_draining

    def renew(self, principal: str) -> None:
        """A browser has another session from now on: its pages are to come back as that."""
        for responder in self._responders.values():
            responder.dismiss(principal, "its browser has another session")
        self._pages.renew(principal)

    def page(self, principal: str) -> Page:
        """One more page of a browser, which is to get its socket now: it is answered until it is
        gone; its sessions end with their lease, or before if it was closed, unless it comes back
        (W11).
        """
        return Page(principal, self._limits, self)

    def came(self, page: Page) -> None:
        """A page has its socket."""
        if self._endings is not None:
            self._endings.came(page.principal)
        self._pages.came(page)
        if self._greeting:
            page.send(self._greeting)

    def left(self, page: Page) -> None:
        """A page is gone."""
        self._pages.left(page)
        self._departures.left(page)
        if self._endings is not None:
            self._endings.left(page.principal)

    def heard(self, page: Page, message: bytes) -> None:
        """A page said something."""
        try:
            service, data = unframed(message)
            envelope = decode_client_envelope(data)
        except (ValueError, WireError):
            page.close(Code.UNREADABLE)
            return
        if page.cid != envelope.cid and not self._named(page, envelope):
            page.close(Code.UNREADABLE)
            return
        responder = self._responders.get(service)
        if responder is None:
            said = rejection(self._front.iid, envelope.gen, "it is not offered to pages")
            page.send(framed(service, said))
            return
        responder.heard(replace(envelope, principal=page.principal))

    def _named(self, page: Page, envelope: ClientEnvelope) -> bool:
        """The first message of a page says which client it is; it is no other one later."""
        if page.cid or not TOKEN.fullmatch(envelope.cid):
            return False
        page.cid = envelope.cid
        self._pages.named(page)
        self._departures.came(page)
        return True

    def _forget(self, clients: Collection[tuple[str, str]]) -> None:
        for responder in self._responders.values():
            responder.forget(clients, "its page was closed")

    def statistics(self) -> GatewayStatistics:
        """What it does now, and what it did."""
        return GatewayStatistics(
            pages=len(self._pages),
            waiting=self._pages.waiting,
            closed=dict(self._pages.closed),
            lost=self._pages.lost,
            posts=self.posted.under_way,
            services={name: each.statistics() for name, each in self._responders.items()},
        )

    async def drain(self) -> None:
        """Let the pages move to another gateway (D22)."""
        await self._front.drain()
        await self._pages.close()

    async def _close(self) -> None:
        self.is_closed = True
        self._departures.close()
        await self._pages.close()
