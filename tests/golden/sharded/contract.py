"""A sharded service; its parameter stands at different places, and its name is an import's, too."""

from collections.abc import AsyncIterator
from enum import Enum
from typing import Protocol

from fusionrt import command, compute, service


class Shard(Enum):
    """Where a room is."""

    NORTH = "north"
    SOUTH = "south"


@service(shard="shard", shards=2)
class Rooms(Protocol):
    @compute
    async def count(self, shard: Shard, name: str) -> int: ...

    @command(invalidates=["count(shard, name)"])
    async def enter(self, name: str, *, shard: Shard) -> None: ...

    def talk(self, since: int = 0, shard: Shard = Shard.NORTH) -> AsyncIterator[str]: ...
