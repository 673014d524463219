from collections.abc import AsyncIterator

from .contract import Shard
from .expected.rooms import RoomsService


class Rooms(RoomsService):
    def __init__(self) -> None:
        self.inside: dict[tuple[Shard, str], int] = {}

    async def count(self, shard: Shard, name: str) -> int:
        return self.inside.get((shard, name), 0)

    async def enter(self, name: str, *, shard: Shard) -> None:
        self.inside[shard, name] = await self.count(shard, name) + 1

    async def talk(self, since: int = 0, shard: Shard = Shard.NORTH) -> AsyncIterator[str]:
        yield f"{shard.value} {since}"


async def main() -> None:
    rooms = Rooms()
    assert await rooms.count(Shard.NORTH, "hall") == 0
    await rooms.enter("hall", shard=Shard.NORTH)
    assert await rooms.count(Shard.NORTH, "hall") == 1
    assert [text async for text in rooms.talk(3)] == ["north 3"]
