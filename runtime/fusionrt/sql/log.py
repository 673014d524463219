"""`SqlLog`: operations are stored with what they wrote, and read by every host of the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, TypeVar

from ..operations import EventHandler, Follower, LogStatistics, OpenLog, Operation
from ..primitives import CLOSING, background, stop_all
from .commands import Commands
from .listening import listen_forever
from .outbox import Claimer, trim_events_forever
from .reader import Reader
from .shard import Shard
from .trimmer import trim_forever

__all__ = ["SqlLog"]

_T = TypeVar("_T")


class SqlLog:
    """See `OperationLog`."""

    def __init__(self, shards: tuple[Shard, ...], retention: float) -> None:
        self._shards: Final = shards
        self._retention: Final = retention

    @asynccontextmanager
    async def open(self, follower: Follower) -> AsyncIterator[OpenLog]:
        async with AsyncExitStack() as exits:
            name = "+".join([await shard.log_id() for shard in self._shards])
            readers = [Reader(shard, follower, self._retention) for shard in self._shards]
            for reader in readers:
                await exits.enter_async_context(reader)
            for shard in self._shards:
                trimming = background(trim_forever(shard, self._retention), name="fusion trimmer")
                exits.push_async_callback(stop_all, [trimming], CLOSING)
                trimming = background(trim_events_forever(shard), name="fusion event trimmer")
                exits.push_async_callback(stop_all, [trimming], CLOSING)
            claimers = [Claimer(shard, follower.iid) for shard in self._shards]
            for claimer in claimers:
                exits.push_async_callback(claimer.close)

            def poke() -> None:
                for claimer in claimers:
                    claimer.poke()

            for shard, reader in zip(self._shards, readers, strict=True):
                if shard.flavour.notifies:
                    listening = background(
                        listen_forever(shard, follower, reader, poke), name="fusion hints"
                    )
                    exits.push_async_callback(stop_all, [listening], CLOSING)
            yield _OpenSqlLog(name, Commands(self._shards, follower, poke), readers, claimers)


class _OpenSqlLog:
    """See `OpenLog`."""

    def __init__(
        self, name: str, commands: Commands, readers: list[Reader], claimers: list[Claimer]
    ) -> None:
        self.name: Final = name
        self._commands: Final = commands
        self._readers: Final = readers
        self._claimers: Final = claimers

    async def run(self, operation: Operation, attempt: Callable[[], Awaitable[_T]]) -> _T:
        return await self._commands.run(operation, attempt)

    async def catch_up(self) -> None:
        for claimer in self._claimers:
            claimer.poke()  # who stored an operation may have stored events
        await asyncio.gather(*(reader.catch_up() for reader in self._readers))

    def check(self) -> None:
        for reader in self._readers:
            reader.check()

    def handle(self, handler: EventHandler) -> None:
        for claimer in self._claimers:
            claimer.handle(handler)

    def statistics(self) -> LogStatistics:
        return LogStatistics(
            stored=self._commands.stored,
            retried=self._commands.retried,
            applied=sum(reader.applied for reader in self._readers),
            dead=sum(claimer.dead for claimer in self._claimers),
            lag=max(reader.lag for reader in self._readers),
        )
