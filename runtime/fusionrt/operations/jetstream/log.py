"""`JetStreamLog`: see `OperationLog`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final, TypeVar

from ...errors import OutboxMissing
from ...options import count, seconds
from ...transport import Journal, Kept
from ..log import Follower, LogStatistics, OpenLog
from ..operation import Operation
from ..outbox import EventHandler
from .commands import Commands
from .following import Following
from .storing import Storing

__all__ = ["JetStreamLog"]

RETENTION: Final = 1800.0
MAX_BYTES: Final = 256 * 1024 * 1024

_T = TypeVar("_T")


class JetStreamLog:
    """Operations in a JetStream stream: every host of the prefix reads all of them, in order.

        Host(url, log=JetStreamLog())

    There is no transaction: a command has changed something before its operation is stored. If that
    fails it raises `OutcomeUnknown`, and the operation is stored when JetStream is there again. But
    what a process changed that died in between no other host hears of; where that may not be, the
    log of the database is the right one.

    stream: its name; without one `<prefix>-log`. The first host makes it, unless it is there.
    retention: seconds that operations are kept. A host that was stopped for longer than half of
        that invalidates everything (O9); a command that is sent again within it gets the first
        result (O13).
    max_bytes: of what is kept; what is older is dropped before its time.
    replicas: brokers of a cluster that each have it: 1, 3 or 5.

    These three are for whoever makes the stream: one that is there stays as it is.

    Raises:
        ArgumentError: the time or a number is out of bounds.

    Raises, when a host is entered:
        JetStreamUnavailable: the broker has no JetStream, or a stream of that name for something
            else.
    """

    def __init__(
        self,
        *,
        stream: str | None = None,
        retention: float = RETENTION,
        max_bytes: int = MAX_BYTES,
        replicas: int = 1,
    ) -> None:
        self._stream: Final = stream
        self._kept: Final = Kept(
            seconds("JetStreamLog", "retention", retention),
            count("JetStreamLog", "max_bytes", max_bytes, 1),
            count("JetStreamLog", "replicas", replicas, 1),
        )

    @asynccontextmanager
    async def open(self, follower: Follower) -> AsyncIterator[OpenLog]:
        """See `OperationLog`."""
        subjects = follower.subjects
        name = self._stream or subjects.stream
        journal = follower.transport.journal(name, subjects.log, self._kept)
        opened = _OpenJetStreamLog(journal, follower)
        await opened.open()
        try:
            yield opened
        finally:
            await opened.close()


class _OpenJetStreamLog:
    """See `OpenLog`."""

    def __init__(self, journal: Journal, follower: Follower) -> None:
        self.name: Final = f"jetstream:{journal.name}"
        self._storing: Final = Storing(journal, follower)
        self._following: Final = Following(journal, follower, self._storing.history_lost)
        self._commands: Final = Commands(journal, follower, self._storing, self._following)

    async def open(self) -> None:
        """Be positioned."""
        await self._following.open()

    async def close(self) -> None:
        """Read and store nothing more."""
        await self._following.close()
        await self._storing.close()

    async def run(self, operation: Operation, attempt: Callable[[], Awaitable[_T]]) -> _T:
        """See `OpenLog`."""
        return await self._commands.run(operation, attempt)

    async def catch_up(self) -> None:
        """See `OpenLog`."""
        await self._following.catch_up()

    def check(self) -> None:
        """See `OpenLog`."""
        self._following.check()

    def handle(self, handler: EventHandler) -> None:
        """See `OpenLog`."""
        raise OutboxMissing(handler.name)

    def statistics(self) -> LogStatistics:
        """See `OpenLog`."""
        return LogStatistics(
            stored=self._storing.stored, applied=self._following.applied, lag=self._following.lag
        )
