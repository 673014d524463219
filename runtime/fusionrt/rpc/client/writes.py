"""`Writes`: what is known here to have changed, and which sessions must reflect it (D15).

Each host says from which services its results may be made: so a change costs nothing where nothing
can be made from it, and reaches what is, in whatever service, over any number of hosts. Through
what a session tells by itself, in order, its own host's changes are known already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable
from typing import TYPE_CHECKING, Final

from ...primitives import clock
from ...wire.fences import HOPS
from ...wire.frames import Mark
from ...wire.marks import MOST_MARKS, Marks
from ..loose import Loose

if TYPE_CHECKING:
    from .registration import Registration
    from .session import Session

__all__ = ["Writes"]

RECENT: Final = 10.0
"""Seconds for which a change is told to hosts that are met only now: by then their own news of it
has come, or they are known to be cut off (D14)."""


class Writes:
    """One for all services that a process calls.

    sources: the services that its results may be made from.
    on_wrote: to be called when calls of this process have changed something.
    here: waits until this process's own services reflect changes; None if they do.
    adrift: results whose host was lost, while it is not known whether another one has the same:
        no session tells what became of them.
    """

    def __init__(self, loose: Loose) -> None:
        self.loose: Final = loose
        self.sources: frozenset[str] = frozenset()
        self.here: Callable[[Iterable[Mark]], Awaitable[object] | None] = lambda marks: None
        self.on_wrote: Callable[[], None] = lambda: None
        self.adrift: set[Registration] = set()
        self._on_sources: Callable[[], None] = lambda: None
        self._now = clock()
        self._sessions: dict[Session, None] = {}
        self._recent: dict[Mark, float] = {}
        self._sources_of: dict[str, frozenset[str]] = {}

    def on_sources(self, handler: Callable[[], None]) -> None:
        """Call `handler` whenever there are more sources."""
        self._on_sources = handler

    def opened(self, session: Session) -> None:
        """A session begins: whatever it is asked, its host shall reflect what is known here. Until
        it says where its results come from, they come from where those of others before it did.
        """
        self._sessions[session] = None
        self._source((session.service,))
        session.sources = self._sources_of.get(session.service, frozenset())
        recent = _concerning(session, self._known())
        if recent:
            session.fence(recent, HOPS)

    def ended(self, session: Session) -> None:
        """It is over."""
        self._sessions.pop(session, None)

    def sourced(self, session: Session, services: Iterable[str]) -> None:
        """The host of a session said what its results may be made from, from here on."""
        before, session.sources = session.sources, frozenset(services)
        self._sources_of[session.service] = session.sources
        new = session.sources - before
        recent = [mark for mark in self._known() if mark.service in new]
        if recent:
            session.fence(recent, HOPS)
        self._source(new)

    def wrote(self, origin: Session, marks: tuple[Mark, ...]) -> None:
        """Calls of this process changed something, its host says: its reads wait where that may
        not be reflected yet.
        """
        self._note(marks)
        self.on_wrote()
        for session in list(self._sessions):
            concerning = _concerning(session, marks)
            if session.iid == origin.iid:  # what it has changed itself it has told before
                iid, sources = origin.iid, session.sources
                concerning = [m for m in concerning if m.iid != iid or m.service in sources]
            if concerning:
                session.fence(concerning, HOPS)

    def pass_on(
        self, marks: tuple[Mark, ...], hops: int, sources: Container[str]
    ) -> tuple[list[asyncio.Future[bool]], list[asyncio.Future[bool]]]:
        """A client of this host shall read what reflects these: done when all sessions do; false if
        one is suspended before, or something is adrift (D6c).

        sources: the services that what it holds here is made from. The first are for that, the
        others for what it asks from now on.
        """
        self._note(marks)
        held: list[asyncio.Future[bool]] = []
        others: list[asyncio.Future[bool]] = []
        if not hops:
            return held, others
        if self.adrift:
            held.append(asyncio.get_running_loop().create_future())
            held[0].set_result(False)
        for session in list(self._sessions):
            concerning = _concerning(session, marks)
            if not concerning:
                continue
            is_source = session.service in sources
            done = (session.pass_on if is_source else session.follow)(concerning, hops - 1)
            if done is not None:
                (held if is_source else others).append(done)
        return held, others

    def _note(self, marks: Iterable[Mark]) -> None:
        now = self._now()
        for mark in marks:
            self._recent.pop(mark, None)
            self._recent[mark] = now
        while len(self._recent) > MOST_MARKS:
            del self._recent[next(iter(self._recent))]

    def _known(self) -> tuple[Mark, ...]:
        oldest = self._now() - RECENT
        while self._recent and next(iter(self._recent.values())) < oldest:
            del self._recent[next(iter(self._recent))]
        return Marks(self._recent).all() if self._recent else ()

    def _source(self, services: Iterable[str]) -> None:
        more = self.sources | frozenset(services)
        if more != self.sources:
            self.sources = more
            self._on_sources()


def _concerning(session: Session, marks: Iterable[Mark]) -> list[Mark]:
    """The changes that what comes through a session may be made from."""
    service, sources = session.service, session.sources
    return [mark for mark in marks if mark.service == service or mark.service in sources]
