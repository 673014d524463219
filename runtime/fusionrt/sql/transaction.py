"""`Transaction`: what all the blocks of one operation write, at once or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Final, Literal

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from ..errors import FrameworkError
from ..operations import NewEvent, StoredOperation
from ..primitives import to_its_end
from .guard import Guard, ended_within
from .outbox import store_event
from .shard import Shard

__all__ = ["HasRunError", "Transaction"]


_Mode = Literal["rollback_only", "create_savepoint"]


class HasRunError(Exception):
    """Raised in a command that has run before, to end it; its caller is told the first result."""


class Transaction:
    """Of one attempt at a command.

    A block is a session of its own on the one connection. The first is the transaction itself,
    for savepoints cost round trips; blocks that come later, or within, are savepoints. None of
    their sessions can commit more than its savepoint, whatever it says of itself, and their
    connection nothing (O19).
    """

    def __init__(self, shards: Collection[Shard], known: str = "") -> None:
        """known: an operation that is looked for on the shard where this begins."""
        self._shards: Final = shards
        self._known: Final = known
        self.first: StoredOperation | None = None
        """That operation, if it was there: the command has run, and does no more."""
        self.shard: Shard | None = None
        """Where it has begun, ever: an operation stays there."""
        self.has_events = False
        """Whether it stored some, ever."""
        self._ended_within = False
        self._connection: AsyncConnection | None = None
        self._guard: Guard | None = None
        self._alone = _Turn()
        self._ended = False

    def is_of(self, shards: Collection[Shard]) -> bool:
        """Whether it writes to these."""
        return {*self._shards} == {*shards}

    def has_begun(self, shard: Shard) -> bool:
        """Whether there is anything in it that only it sees."""
        return self._connection is not None and self.shard is shard

    @property
    def place(self) -> object:
        """Where in it the running code is; one turn after the other is taken there."""
        return self._alone.lock

    @property
    def is_open(self) -> bool:
        """Whether there is anything to commit."""
        return self._connection is not None

    @property
    def ended_within(self) -> bool:
        """Whether something in its command has ended it, and so may have committed."""
        return self._ended_within or (self._guard is not None and self._guard.has_ended())

    def check(self) -> None:
        """Raises:
        FrameworkError: it was.
        """
        if self.ended_within:
            raise ended_within()

    @asynccontextmanager
    async def block(self, shard: Shard) -> AsyncIterator[AsyncSession]:
        """A session that writes; what it wrote is gone if the block fails."""
        async with self._alone.taken():
            first = self._connection is None
            mode: _Mode = "rollback_only" if first else "create_savepoint"
            connection = await self.begun(shard)
            try:
                async with _session(connection, mode) as session, session.begin():
                    await session.connection()  # else its savepoint begins with its first statement
                    yield session
            except BaseException:
                if first:
                    await to_its_end(self.rollback(), name="fusion rollback")
                raise
            if not connection.in_transaction():  # as the block told its session
                await self.rollback()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session that sees what was written, and cannot write."""
        async with self._alone.taken():
            connection = self._connection
            assert connection is not None and self.shard is not None
            async with (
                self.shard.flavour.reading(connection),
                _session(connection, "create_savepoint") as session,
            ):
                yield session

    async def begun(self, shard: Shard) -> AsyncConnection:
        """Its connection; it begins there if it has not yet.

        Raises:
            FrameworkError: it has begun on another shard, or its command has ended.
            HasRunError: its operation is stored there.
        """
        if self._ended:
            raise FrameworkError(
                "a transaction was begun by what a command left behind when it ended: "
                "wait for it in the command, or do it outside of one"
            )
        if self.shard not in (None, shard):
            assert self.shard is not None
            raise FrameworkError(
                f"a command began a transaction on the shard {shard.name!r}, and one on "
                f"{self.shard.name!r} before: what one operation changes is on one shard"
            )
        self.shard = shard
        if self._connection is None:
            connection = shard.writes.connect()
            await connection.start()  # if that fails there is nothing to close
            try:
                await connection.begin()
            except BaseException:
                await to_its_end(connection.close(), name="fusion close")
                raise
            self._connection = connection
            self._guard = Guard(connection, shard.flavour)
            await self._look(shard, connection)
        return self._connection

    async def _look(self, shard: Shard, connection: AsyncConnection) -> None:
        if self._known:
            self.first = await shard.operation_by(connection, self._known)
        if self.first is not None:
            await self.rollback()
            raise HasRunError

    async def event(self, event: NewEvent) -> str:
        """See `Outbox`; it belongs to the block that the code is in."""
        shard = self.shard or self._only()
        async with self._alone.taken():
            connection = await self.begun(shard)
            id = await store_event(connection, shard.flavour, event)
        self.has_events = True
        return id

    def _only(self) -> Shard:
        first, *others = self._shards
        if others:
            raise FrameworkError(
                "an event was stored before its operation had begun on one of the database's "
                "shards: store it within `db.begin(…)`, or after it"
            )
        return first

    async def commit(self) -> None:
        """Let it be seen. What it raises does not tell whether it was (O12)."""
        connection = self._let_go()
        try:
            await connection.commit()
        finally:
            await _close(connection)

    async def rollback(self) -> None:
        """Forget all that was written; a block that comes later begins anew."""
        if self._connection is not None:
            await _close(self._let_go())

    def _let_go(self) -> AsyncConnection:
        assert self._connection is not None and self._guard is not None
        self._ended_within = self.ended_within
        self._guard.release()
        connection, self._connection, self._guard = self._connection, None, None
        return connection

    async def end(self) -> None:
        """Forget what was not committed; no block comes later."""
        self._ended = True
        await self.rollback()


class _Turn:
    """Blocks are nested, as savepoints are: each begins within the one that its code is in, and
    those that were begun side by side take turns.
    """

    def __init__(self) -> None:
        self._root = asyncio.Lock()

    @property
    def lock(self) -> asyncio.Lock:
        """That of the block which the running code is in."""
        around = _around.get()
        return around[1] if around is not None and around[0] is self else self._root

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        async with self.lock:
            token = _around.set((self, asyncio.Lock()))
            try:
                yield
            finally:
                _around.reset(token)


_around: ContextVar[tuple[_Turn, asyncio.Lock] | None] = ContextVar("fusion_block", default=None)


def _session(connection: AsyncConnection, mode: _Mode) -> AsyncSession:
    return AsyncSession(connection, expire_on_commit=False, join_transaction_mode=mode)


async def _close(connection: AsyncConnection) -> None:
    """Roll back what is open, and give it back; a connection that cannot is thrown away."""
    try:
        await connection.close()
    except (DBAPIError, OSError):
        await connection.invalidate()
