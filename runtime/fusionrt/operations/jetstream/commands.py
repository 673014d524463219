"""`Commands`: runs commands, and stores of each what it changed, when it has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar, cast

import msgspec

from ...errors import JetStreamUnavailable, OutcomeUnknown
from ...primitives import background, new_id, to_its_end
from ...transport import Journal
from ..log import Follower
from ..operation import Fate, Operation
from ..stored import StoredOperation, stored
from .following import Following
from .keys import result_key
from .storing import PATIENCE, Storing

__all__ = ["Commands"]

_T = TypeVar("_T")


class Commands:
    """Of one host. There is no transaction: what a body changed is changed, whatever follows."""

    def __init__(
        self, journal: Journal, follower: Follower, storing: Storing, following: Following
    ) -> None:
        self._journal: Final = journal
        self._follower: Final = follower
        self._storing: Final = storing
        self._following: Final = following

    async def run(self, operation: Operation, attempt: Callable[[], Awaitable[_T]]) -> _T:
        """See `OpenLog.run`. Nothing runs that could not be stored now.

        Raises:
            JetStreamUnavailable: the log cannot be reached; nothing ran.
            OutcomeUnknown: it cannot be reached any more; the body ran.
            BadOperation: the operation's id is another command's.
        """
        if operation.transient:
            result = await attempt()
            operation.fate = Fate.COMMITTED
            return result
        operation.fate = Fate.ROLLED_BACK  # as long as nothing has run
        await self._reachable()
        first = await self._first(operation) if operation.repeats else None
        if first is not None:
            return cast(_T, self._again(operation, first))
        try:
            result = await attempt()
            if operation.repeats:
                operation.result = operation.codec.encode(result)
        except GeneratorExit:  # it may not wait for anything
            background(self._failed(operation), name=f"store {operation.command}")
            raise
        except BaseException as error:
            await to_its_end(self._failed(operation), name=f"store {operation.command}")
            first = await self._meanwhile(operation, error)
            if first is None:
                raise
            self._follower.apply(stored(operation, self._follower.iid))
            operation.begin()
            return cast(_T, self._again(operation, first))
        ending = self._succeeded(operation)
        first = await to_its_end(ending, name=f"store {operation.command}")
        return result if first is None else cast(_T, self._result(operation, first))

    async def _reachable(self) -> None:
        if not await self._following.reading(PATIENCE):
            problem = "it is not there, so commands that are stored in it are not run"
            raise JetStreamUnavailable(self._journal.name, problem)

    async def _first(self, operation: Operation) -> StoredOperation | None:
        data = await self._journal.newest(result_key(operation.id))
        return None if data is None else StoredOperation.decode(data)

    async def _meanwhile(
        self, operation: Operation, error: BaseException
    ) -> StoredOperation | None:
        """The same operation, if another try of it was stored while this one failed: as it had to,
        perhaps, for it met what that changed.
        """
        if not operation.repeats or not isinstance(error, Exception):
            return None
        try:
            return await self._first(operation)
        except JetStreamUnavailable:
            return None  # nobody can say; its caller is told of its own error

    def _again(self, operation: Operation, first: StoredOperation) -> object:
        """The result of an operation that was stored already (O13)."""
        result = self._result(operation, first)
        self._follower.apply(first)
        operation.fate, operation.stored = Fate.COMMITTED, first
        return result

    def _result(self, operation: Operation, first: StoredOperation) -> object:
        if first.command != operation.command:
            raise operation.not_this(first.command)
        if first.result is None:
            raise OutcomeUnknown(_service(operation), "it ran; its result was too large to be kept")
        return operation.codec.decode(first.result)

    async def _failed(self, operation: Operation) -> None:
        """It may have changed something all the same: others hear of its keys (O20)."""
        if operation.keys:
            await self._leave(operation)

    async def _succeeded(self, operation: Operation) -> StoredOperation | None:
        """Store it; if its id was stored meanwhile by another host, that one is returned.

        Raises:
            OutcomeUnknown: JetStream does not say that it was stored.
        """
        if operation.keys or operation.repeats:
            told = stored(operation, self._follower.iid)
            try:
                added = await self._storing.store(told)
                first = None if added or not operation.repeats else await self._first(operation)
            except JetStreamUnavailable as error:
                problem = f"it ran, but is not in the operation log: {error}"
                raise OutcomeUnknown(_service(operation), problem) from None
            if first is not None and first.iid != self._follower.iid:
                self._follower.apply(first)
                await self._leave(operation)  # it ran twice, and nothing of that is undone
                return first
            operation.stored = told
        operation.fate = Fate.COMMITTED
        return None

    async def _leave(self, operation: Operation) -> None:
        """Let others hear of it as of an operation that nobody will ask for."""
        told = msgspec.structs.replace(
            stored(operation, self._follower.iid), id=new_id(), result=None
        )
        try:
            await self._storing.store(told)
        except JetStreamUnavailable:
            return  # it will be; until then the nudge tells it
        operation.stored = told


def _service(operation: Operation) -> str:
    return operation.command.partition(".")[0]
