"""Sharded contracts: one with every kind of method, and one that asks who calls."""

from collections.abc import AsyncIterator
from typing import Protocol

from fusionrt import ANY, Session, command, compute, idempotent, oneway, service  # noqa: F401 - `invalidates` names ANY


@service(shard="room", shards=16)
class Rooms(Protocol):
    """Rooms in which people say things."""

    @compute
    async def count(self, room: str) -> int: ...

    @compute
    async def starting(self, letter: str, *, room: str) -> int: ...

    @command(invalidates=["count(room)", "starting(ANY, room=room)"])
    async def say(self, room: str, text: str) -> int: ...

    async def owner(self, room: str) -> str: ...

    async def wait(self, room: str) -> str: ...

    @idempotent
    async def look(self, room: str) -> str: ...

    @oneway
    async def knock(self, room: str) -> None: ...

    def lines(self, room: str, since: int = 0) -> AsyncIterator[str]: ...

    @command(invalidates=["count(room)", "starting(ANY, room=room)"])
    async def tell(self, room: str, texts: AsyncIterator[str]) -> int: ...

    async def enter(
        self, room: str, texts: AsyncIterator[str]
    ) -> tuple[str, AsyncIterator[str]]: ...


@service(shard="room", shards=16)
class Seats(Protocol):
    """Everybody has a seat in each room, and knows of no other one."""

    @compute
    async def mine(self, session: Session, room: str) -> str: ...

    @command(invalidates=["mine(session, room)"])
    async def take(self, session: Session, room: str, seat: str) -> str: ...

    async def host(self, room: str, session: Session) -> str: ...

    def seats(self, room: str, *, session: Session) -> AsyncIterator[str]: ...
