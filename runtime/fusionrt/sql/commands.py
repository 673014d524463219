"""`Commands`: runs commands, and stores of each what it changed, in the transaction of that."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar, cast

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from ..errors import OutcomeUnknown
from ..operations import Fate, Follower, Operation, StoredOperation, stored
from ..operations.stored import encoded_keys
from ..primitives import background, new_id, to_its_end
from .flavour import Receipt
from .outcome import commit
from .retries import is_conflict, retrying
from .shard import Shard
from .transaction import Transaction

__all__ = ["Commands"]

_T = TypeVar("_T")
_Attempt = Callable[[], Awaitable[_T]]

_log = logging.getLogger("fusionrt")


class Commands:
    """Of one host. No broker is needed for that (O18). What has no transaction is stored on the
    first shard.

    Which shard an operation is on is known when it begins there: of several, no other one is asked
    whether it has run (O13), for a shard is somebody's, whom another one's outage does not stop.

    on_events: called when some were committed.
    stored: how many operations. retried: how many attempts were rolled back and made again.
    """

    def __init__(
        self, shards: tuple[Shard, ...], follower: Follower, on_events: Callable[[], None]
    ) -> None:
        self._shards: Final = shards
        self._follower: Final = follower
        self._on_events: Final = on_events
        self.stored = 0
        self.retried = 0

    async def run(self, operation: Operation, attempt: _Attempt[_T]) -> _T:
        """See `OpenLog.run`."""

        async def once() -> _T:
            operation.fate = Fate.ROLLED_BACK  # as long as nothing has run
            if operation.repeats and len(self._shards) == 1:
                first = await self._shards[0].operation(operation.id)
                if first is not None:
                    return cast(_T, self._again(operation, first))
            try:
                return await self._run(operation, attempt)
            except Exception:
                first = await self._meanwhile(operation)
                if first is None:
                    raise
            return cast(_T, self._again(operation, first))

        def helps(error: BaseException) -> bool:
            return operation.fate is Fate.ROLLED_BACK and is_conflict(error, self._shards)

        return await retrying(once, helps, self._count_retry)

    def _count_retry(self) -> None:
        self.retried += 1

    async def _run(self, operation: Operation, attempt: _Attempt[_T]) -> _T:
        known = operation.id if operation.repeats and len(self._shards) > 1 else ""
        transaction = operation.transaction = Transaction(self._shards, known)
        try:
            result = await attempt()
            operation.result = operation.encoded(result)
            transaction.check()
        except BaseException as error:
            if transaction.shard is not None and not transaction.ended_within:
                # COMMIT was not said, and will not be
                operation.fate = Fate.ROLLED_BACK
            ending = self._failed(operation, transaction)
            if isinstance(error, GeneratorExit):  # it may not wait for anything
                background(ending, name="fusion rollback")
            else:
                await to_its_end(ending, name="fusion rollback")
            raise
        first = await to_its_end(self._succeeded(operation, transaction), name="fusion commit")
        return result if first is None else self._again(operation, first)

    async def _failed(self, operation: Operation, transaction: Transaction) -> None:
        """It may have changed what no transaction holds: others hear of its keys (O20)."""
        await transaction.end()
        if operation.fate is Fate.ROLLED_BACK or operation.transient or not operation.keys:
            return
        try:
            await self._keep(operation, self._left(operation))
        except Exception:
            _log.exception("%s failed, and other hosts may not hear of it", operation.command)
        operation.fate = Fate.OPEN

    async def _succeeded(
        self, operation: Operation, transaction: Transaction
    ) -> StoredOperation | None:
        """Commit it; the first of its id is returned, if that was committed meanwhile.

        Raises:
            OutcomeUnknown: the database does not say whether it was committed.
            Exception: what the database raises.
        """
        if transaction.first is not None:
            return transaction.first
        if transaction.is_open:
            return await self._commit(operation, transaction)
        await transaction.end()
        if operation.transient or not (operation.keys or operation.repeats):
            operation.fate = Fate.COMMITTED
        elif not await self._keep(operation, stored(operation, self._follower.iid)):
            left = self._left(operation)  # it ran twice, and nothing of that is undone
            await self._keep(operation, left)
            self._follower.apply(left)
            return await self._first(operation)
        return None

    async def _commit(
        self, operation: Operation, transaction: Transaction
    ) -> StoredOperation | None:
        one = None if operation.transient else stored(operation, self._follower.iid)
        try:
            if await self._store(operation, one, transaction):
                return None
        except OutcomeUnknown:
            operation.fate = Fate.OPEN if one is None else Fate.IN_DOUBT
            raise
        except BaseException:
            operation.fate = Fate.ROLLED_BACK
            raise
        operation.fate = Fate.ROLLED_BACK
        return await self._first(operation)

    def _left(self, operation: Operation) -> StoredOperation:
        """What others must hear of an operation whose result nobody will ask for."""
        one = stored(operation, self._follower.iid)
        return msgspec.structs.replace(one, id=new_id(), result=None)

    async def _keep(self, operation: Operation, one: StoredOperation) -> bool:
        """Store it in a transaction of its own; whether it is the first of its id."""

        def helps(error: BaseException) -> bool:
            return is_conflict(error, self._shards)

        async def once() -> bool:
            return await self._store(operation, one, Transaction(self._shards))

        return await retrying(once, helps)

    async def _store(
        self, operation: Operation, one: StoredOperation | None, transaction: Transaction
    ) -> bool:
        """Whether it is the first of its id. Else it is rolled back; and if this raises anything
        but `OutcomeUnknown`, too.
        """
        shard = transaction.shard or self._shards[0]
        try:
            connection = await transaction.begun(shard)
            receipt: Receipt | None
            if one is None:
                receipt = await shard.flavour.receipt(connection)
            else:
                receipt = await shard.flavour.store(connection, _row(one))
            if receipt is None:
                return False
            await commit(transaction, shard, one, receipt, operation.command)
        finally:
            await transaction.end()
        operation.fate, operation.stored = Fate.COMMITTED, one
        self.stored += one is not None
        if transaction.has_events:
            self._on_events()
        return True

    async def _first(self, operation: Operation) -> StoredOperation | None:
        """What is stored by its id, when an attempt has ended."""
        transaction = operation.transaction
        assert isinstance(transaction, Transaction)
        shard = transaction.shard or self._shards[0]
        return transaction.first or await shard.operation(operation.id)

    async def _meanwhile(self, operation: Operation) -> StoredOperation | None:
        """The same operation, if another try of it was committed while this one failed: as it had
        to, perhaps, for it met what that wrote.
        """
        if not operation.repeats or operation.fate is Fate.IN_DOUBT:
            return None
        try:
            first = await self._first(operation)
        except (SQLAlchemyError, OSError):
            return None  # nobody can say; its caller is told of its own error
        if first is not None and operation.fate is not Fate.ROLLED_BACK:
            self._follower.apply(self._left(operation))
        return first

    def _again(self, operation: Operation, first: StoredOperation) -> Any:
        """Its result, of an operation that was stored already (O13).

        Raises:
            BadOperation: that was another command.
        """
        operation.begin()
        if first.command != operation.command or first.result is None:
            operation.fate = Fate.ROLLED_BACK
            raise operation.not_this(first.command)
        self._follower.apply(first)
        operation.fate, operation.stored = Fate.COMMITTED, first
        return operation.codec.decode(first.result)


def _row(one: StoredOperation) -> dict[str, Any]:
    return {
        "id": one.id,
        "iid": one.iid,
        "command": one.command,
        "keys": encoded_keys(one.keys),
        "result": one.result,
    }
