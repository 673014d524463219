"""Who is signed in, and who is there. After a change: `fusiongen generate` in this folder."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fusionrt.contract import command, compute, service
from fusionrt.errors import KeyRefused
from fusionrt.identity import Session


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who signed in.

    id: as whoever vouches for them knows them, such as `github/583231`; never somebody else's.
    name: as others see it.
    """

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """A session that a user is signed in by.

    key: which it is, and of no other use. device: what the application said of it. since: in UTC.
    current: whether it is the one that asks.
    """

    key: str
    device: str
    since: datetime
    current: bool


@service
class Users(Protocol):
    """Who is signed in by a session: a process, or a browser that comes by a gateway.

    Whatever was made from it is stale when that changes, in every process and on every page.
    """

    @compute
    async def get(self, session: Session) -> User | None:  # fusiongen: ignore[FG062]
        """Who is signed in by the session that asks; None if nobody is."""
        ...

    @compute
    async def sessions(self, session: Session) -> tuple[SignIn, ...]:  # fusiongen: ignore[FG062]
        """All sessions of the user who asks, the newest first; none if nobody is signed in."""
        ...

    @command(invalidates=[])
    async def sign_out(  # fusiongen: ignore[FG061]
        self, session: Session, key: str | None = None
    ) -> None:
        """Let the session that asks, or another one of its user's, be nobody's. A key that is none
        of theirs is nobody's already.
        """
        ...

    @command(invalidates=[])
    async def sign_out_everywhere(self, session: Session) -> None:  # fusiongen: ignore[FG061]
        """Let all sessions of the user who asks be nobody's, this one included."""
        ...


@service(raises=[KeyRefused])
class Presence(Protocol):
    """Who is there: everybody of whom a page, or a process, stays.

    A place is a key of segments with `/` between them, such as `rooms/7`, or empty. Whoever reaches
    this may ask for all places; who may enter one is for the application to say.
    """

    @compute
    async def who(self, place: str = "") -> tuple[User, ...]:  # fusiongen: ignore[FG062]
        """Who is in a place, in the order of their names."""
        ...

    @compute
    async def is_online(self, user: str) -> bool:  # fusiongen: ignore[FG062]
        """Whether a user, by their id, is anywhere."""
        ...

    def stay(self, session: Session, place: str = "") -> AsyncIterator[User | None]:
        """Be there, for as long as this is read: as whom, now and when that changes. None: nobody
        is signed in by the session that asks, and so nobody is there by it.

        Raises KeyRefused: that is no place.
        """
        ...
