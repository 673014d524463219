"""`Pages`: what is sent by a gateway, to the page that it is for."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Final

from ..errors import MessageTooLarge
from .page import LARGEST, PARTING, Code, Page, framed

__all__ = ["Pages"]


class Pages:
    """A way out whose addresses are pages; see `Outbound`. It loses what is sent to one that is not
    there: the session protocol makes up for that once it is back.
    """

    max_payload: Final = LARGEST

    def __init__(self) -> None:
        self._pages: dict[tuple[str, str], Page] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self.lost = 0
        """Messages to pages that were not there."""

    def __len__(self) -> int:
        return len(self._pages)

    def publish(self, subject: str, payload: bytes, reply: str = "", *, held: bool = False) -> None:
        """See `Outbound`."""
        if len(payload) > self.max_payload:
            raise MessageTooLarge(subject, len(payload), self.max_payload)
        *_, principal, cid, service = subject.split(".", 4)
        page = self._pages.get((principal, cid))
        if page is None or not page.send(framed(service, payload)):
            self.lost += 1

    def push(self) -> None:
        """See `Outbound`; each page sends by itself."""

    def came(self, page: Page) -> None:
        """A page is known by its client now; an older socket of that hears nothing any more."""
        older = self._pages.get((page.principal, page.cid))
        if older is not None:
            older.close(Code.REPLACED)
        self._pages[page.principal, page.cid] = page
        self._empty.clear()

    def left(self, page: Page) -> None:
        """A page is gone."""
        name = page.principal, page.cid
        if self._pages.get(name) is page:
            del self._pages[name]
        if not self._pages:
            self._empty.set()

    async def close(self) -> None:
        """Let all pages go, when they have read what waits for them."""
        for page in self._pages.values():
            page.close(Code.LEAVING)
        with suppress(TimeoutError):
            async with asyncio.timeout(PARTING):
                await self._empty.wait()
