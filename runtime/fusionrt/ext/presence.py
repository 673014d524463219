"""`PresenceOf`: who is there, of those who are signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from types import TracebackType
from typing import Final, Protocol, Self

from ..errors import NotBoundError
from ..identity import Session
from ..transport import Table
from .board import Board, Stay
from .generated.presence import PresenceService
from .generated.users import UsersService
from .keys import checked_key
from .people import User

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

    users: of whom the application says who is signed in. tables: the host that serves it.
    ttl: seconds after which whoever was there by a host is not any more, if that died without a
        word. Whoever else leaves is gone at once; whose connection is lost, when their session
        with the host is over (10 s).
    """

    def __init__(self, users: UsersService, tables: Tables, *, ttl: float = TTL) -> None:
        self._users: Final = users
        self._tables: Final = tables
        self._ttl: Final = ttl
        self._opened: Board | None = None

    async def __aenter__(self) -> Self:
        board = Board(self._tables.table("presence.here"), self._ttl, self._changed)
        self._opened = await board.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._board.close()

    async def who(self, place: str = "") -> tuple[User, ...]:
        there = self._board.places.get(_checked(place), frozenset())
        return tuple(sorted(there, key=lambda user: (user.name, user.id)))

    async def is_online(self, user: str) -> bool:
        return self._board.is_online(user)

    async def stay(self, session: Session, place: str = "") -> AsyncIterator[User | None]:
        board, there, first = self._board, None, True
        _checked(place)
        try:
            async for known in self._users.changes.get(session):
                here = _stay(place, known.value)
                if here == there and not first:
                    continue
                if here is not None:
                    board.came(here)
                if there is not None:
                    board.left(there)
                there, first = here, False
                yield known.value
        finally:
            if there is not None:
                board.left(there)

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


def _stay(place: str, user: User | None) -> Stay | None:
    return None if user is None else Stay(place, user)
