"""`PresenceOf`: who is there, of those who are signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from functools import partial
from types import TracebackType
from typing import Final, Protocol, Self

from ..errors import NotBoundError, ServiceDisposed
from ..graph import MutableState, computed
from ..identity import Session
from ..transport import Table
from .board import Board, Stay
from .generated.presence import PresenceService
from .keys import checked_key
from .people import User, Users

__all__ = ["PresenceOf", "Tables"]

TTL: Final = 30.0


class Tables(Protocol):
    """A `Host`."""

    def table(self, name: str) -> Table:
        """See `Host.table`."""


class PresenceOf(PresenceService):
    """Any number of hosts may serve it; each tells the others who is there by it, in a JetStream
    key-value bucket. Enter it where the host runs:

        async with Host() as host, PresenceOf(users, host) as presence:
            await host.serve(presence)

    When it is left, those who stay are told, so that their pages come to another host.

    users: of whom the application says who is signed in. tables: the host that serves it.
    ttl: seconds after which whoever was there by a host is not any more, if that died without a
        word. Whoever else leaves is gone at once; whose connection is lost, when their session
        with the host is over (10 s).
    """

    def __init__(self, users: Users, tables: Tables, *, ttl: float = TTL) -> None:
        self._users: Final = users
        self._tables: Final = tables
        self._ttl: Final = ttl
        self._opened: Board | None = None
        self._is_open: Final = MutableState(False, name="presence is open")

    async def __aenter__(self) -> Self:
        board = Board(self._tables.table("presence"), self._ttl, self._changed)
        self._opened = await board.open()
        self._is_open.set(True)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_open.set(False)  # those who stay go to another host
        await self._board.close()

    async def who(self, place: str = "") -> tuple[User, ...]:
        there = self._board.places.get(_checked(place), frozenset())
        return tuple(sorted(there, key=lambda user: (user.name, user.id)))

    async def is_online(self, user: str) -> bool:
        return user in self._board.online

    async def stay(self, session: Session, place: str = "") -> AsyncIterator[User | None]:
        board, there, first = self._board, None, True
        _checked(place)
        told = computed(partial(self._told, session), name="presence.stay")
        try:
            async for known in told.changes():
                is_open, user = known.value
                if not is_open:
                    raise ServiceDisposed("presence", "its host is about to stop")
                here = None if user is None else Stay(place, user)
                if here == there and not first:
                    continue
                if here is not None:
                    board.came(here)
                if there is not None:
                    board.left(there)
                there, first = here, False
                yield user
        finally:
            if there is not None:
                board.left(there)

    async def _told(self, session: Session) -> tuple[bool, User | None]:
        return await self._is_open.use(), await self._users.get(session)

    @property
    def _board(self) -> Board:
        if self._opened is None:
            raise NotBoundError("nobody knows who is there: enter it, `async with PresenceOf(…)`")
        return self._opened

    def _changed(self, places: Iterable[str], users: Iterable[str]) -> None:
        for place in places:
            self.invalidate.who(place)
        for user in users:
            self.invalidate.is_online(user)


def _checked(place: str) -> str:
    return checked_key(place) if place else place
