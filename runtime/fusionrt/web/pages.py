"""`Pages`: those that are connected to a gateway, and the way to each."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import Final

from ..errors import MessageTooLarge
from .limits import LARGEST, PARTING, PageLimits
from .page import Code, Page, framed

__all__ = ["Pages"]


class Pages:
    """A way out whose addresses are pages; see `Outbound`. It loses what is sent to one that is not
    there: the session protocol makes up for that once it is back.

    lost: messages to pages that were not there. closed: pages, by why.
    """

    max_payload: Final = LARGEST

    def __init__(self, limits: PageLimits) -> None:
        self._limits = limits
        self._pages: set[Page] = set()
        self._of_browser: Counter[str] = Counter()
        self._by_client: dict[tuple[str, str], Page] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self.lost = 0
        self.closed: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._pages)

    @property
    def waiting(self) -> int:
        """Bytes that wait for pages."""
        return sum(page.waiting for page in self._pages)

    def publish(self, subject: str, payload: bytes, reply: str = "", *, held: bool = False) -> None:
        """See `Outbound`."""
        if len(payload) > self.max_payload:
            raise MessageTooLarge(subject, len(payload), self.max_payload)
        *_, principal, cid, service = subject.split(".", 4)
        page = self._by_client.get((principal, cid))
        if page is None or not page.send(framed(service, payload)):
            self.lost += 1

    def push(self) -> None:
        """See `Outbound`; each page sends by itself."""

    def came(self, page: Page) -> None:
        """A page is connected; it is closed if there are too many."""
        self._pages.add(page)
        self._of_browser[page.principal] += 1
        self._empty.clear()
        own = self._of_browser[page.principal]
        if len(self._pages) > self._limits.pages or own > self._limits.own_pages:
            page.close(Code.FULL)

    def named(self, page: Page) -> None:
        """It is known which client a page is; an older socket of that hears nothing any more."""
        name = page.principal, page.cid
        older = self._by_client.get(name)
        if older is not None:
            older.close(Code.REPLACED)
        self._by_client[name] = page

    def renew(self, principal: str) -> None:
        """Let the pages of a browser go: it has another session."""
        for page in list(self._pages):
            if page.principal == principal:
                page.close(Code.RENEWED)

    def left(self, page: Page) -> None:
        """A page is gone."""
        self._pages.discard(page)
        self._of_browser[page.principal] -= 1
        if not self._of_browser[page.principal]:
            del self._of_browser[page.principal]
        if self._by_client.get((page.principal, page.cid)) is page:
            del self._by_client[page.principal, page.cid]
        if page.why is not None:
            self.closed[page.why.name.lower()] += 1
        if not self._pages:
            self._empty.set()

    async def close(self) -> None:
        """Let all pages go, when they have read what waits for them."""
        for page in list(self._pages):
            page.close(Code.LEAVING)
        with suppress(TimeoutError):
            async with asyncio.timeout(PARTING):
                await self._empty.wait()
