"""A sharded contract with every kind of method."""

from collections.abc import AsyncIterator
from typing import Protocol

from fusionrt import ANY, command, compute, idempotent, oneway, service  # noqa: F401 - `invalidates` names ANY


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
