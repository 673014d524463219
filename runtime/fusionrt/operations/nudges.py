"""`Nudges`: hosts of a service tell each other which keys a command invalidated.

Best effort: a message that is lost is not sent again. Without an operation log the other hosts
serve what they cached until the next one comes, whose number tells, or a client that knows of it
asks them (D15). With a log it is a hint to read that, and nothing else (O5).
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from ..primitives import background
from ..rpc import Loose
from ..seldom import Seldom
from ..table import Contract
from ..transport import Message, Subscription
from ..wire.frames import Mark
from ..wire.marks import MOST_MARKS
from .applying import Applier
from .log import OpenLog
from .operation import Operation
from .stored import StoredKey, StoredOperation, whole

__all__ = ["Nudges"]

_log = logging.getLogger("fusionrt")

PATIENCE: Final = 0.5
"""Seconds in which a nudge comes that others heard of; usually it was here before."""


class _Nudge(msgspec.Struct, array_like=True):
    """operation: with the keys of one service, without its result. log: the name of its log, if it
    is stored. number: counts those of its host and log to this service's hosts (D15).
    """

    operation: StoredOperation
    number: int = 0
    log: str = ""


_IN: Final = "/"


def _origin(iid: str, log: str) -> str:
    """What counts nudges: a host, of those that it stores by its log and of others apart."""
    return f"{iid}{_IN}{log}" if log else iid


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Nudge).decode


class Nudges:
    """What one host tells the others of the services that it changes, and hears of its own.

    loose: learns of commands that no client is told of.
    """

    def __init__(self, applier: Applier, loose: Loose) -> None:
        self.log: OpenLog | None = None
        """Of this host, if it has one; set before anything is told or heard."""
        self._applier = applier
        self._seldom = Seldom(_log)
        self._loose = loose
        self._sent: Counter[tuple[str, str]] = Counter()
        """How many nudges, by service and log."""
        self._heard: dict[tuple[str, str], int] = {}
        """The number of the last, by service and origin; not of what this host's log has."""
        self._missing: dict[str, list[tuple[Mark, asyncio.Future[bool]]]] = {}
        """What is waited for, by the services that are served here."""
        self._unread: list[asyncio.Future[bool]] | None = None
        """The log is to be read; then these are done."""
        self._reading: asyncio.Task[None] | None = None
        self._closed = False
        self._iid = applier.iid
        self._transport = applier.transport
        self._subjects = applier.subjects

    def tell(self, told: StoredOperation, operation: Operation) -> None:
        """Publish its keys to the hosts of each service; the operation is told how far that is."""
        log = self.log.name if self.log is not None and operation.stored is not None else ""
        by_service: dict[str, list[StoredKey]] = {}
        for key in told.keys:
            by_service.setdefault(key.service, []).append(key)
        for service, keys in by_service.items():
            self._sent[service, log] += 1
            mark = Mark(service, _origin(self._iid, log), self._sent[service, log])
            operation.marks.add((mark,))
            self._transport.publish(
                self._subjects.operations(service), self._nudge(told, keys, mark.number, log)
            )
        if operation.marks and not operation.told:
            self._loose.add(operation.marks.all())

    def _nudge(self, told: StoredOperation, keys: list[StoredKey], number: int, log: str) -> bytes:
        one = StoredOperation(told.id, self._iid, told.command, tuple(keys))
        data = _encode(_Nudge(one, number, log))
        if len(data) > self._transport.max_payload:
            every = whole([keys[0].service])
            one = StoredOperation(told.id, self._iid, told.command, every)
            data = _encode(_Nudge(one, number, log))
        return data

    async def listen(self, contract: Contract) -> Subscription:
        """Apply what other hosts of a service tell."""
        self._applier.serve(contract)
        self._missing.setdefault(contract.name, [])
        subject = self._subjects.operations(contract.name)
        return await self._transport.subscribe(
            subject, lambda message: self._received(contract.name, message)
        )

    def _received(self, service: str, message: Message) -> None:
        try:
            nudge = _decode(message.payload)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            every = StoredOperation("", "", "a command that cannot be read here", whole([service]))
            nudge = _Nudge(every)
            self._seldom.warning("a message on %s is no operation: it may be any", message.subject)
        if nudge.operation.iid == self._iid:
            return
        mark = Mark(service, _origin(nudge.operation.iid, nudge.log), nudge.number)
        if self._is_in_log(mark):
            self._read()
            return
        keys = tuple(key for key in nudge.operation.keys if key.service == service)
        if self._note(mark) or not keys:
            keys = whole([service])
        self._applier.apply(msgspec.structs.replace(nudge.operation, keys=keys))
        self._heard_of(service)

    def _note(self, mark: Mark) -> bool:
        """Whether one before it was lost, which may have named anything (D2)."""
        name = mark.service, mark.iid
        last = self._heard.pop(name, mark.number - 1)
        self._heard[name] = max(last, mark.number)
        if len(self._heard) > MOST_MARKS:
            del self._heard[next(iter(self._heard))]
        return mark.number > last + 1

    # -- with a log: what was stored before somebody says so is applied once that is read. Numbers
    # prove nothing of it: anybody may have made them up (O5) --

    def _is_in_log(self, mark: Mark) -> bool:
        return self.log is not None and mark.iid.endswith(_origin("", self.log.name))

    def _read(self, *waits: asyncio.Future[bool]) -> None:
        if self._closed:
            return
        self._unread = [*(self._unread or ()), *waits]
        if self._reading is None:
            self._reading = background(self._catch_up(), name="fusion hints")

    async def _catch_up(self) -> None:
        assert self.log is not None
        try:
            while self._unread is not None:
                waits, self._unread = self._unread, None
                await self.log.catch_up()
                for done in waits:
                    if not done.done():
                        done.set_result(True)
        finally:
            self._reading = None

    def close(self) -> None:
        """Read no more: the log is about to be closed."""
        self._closed = True
        if self._reading is not None:
            self._reading.cancel()

    # -- what others say that they heard of (D15) --

    def missing(self, marks: Iterable[Mark]) -> list[asyncio.Future[bool]]:
        """For each that a service of this host does not reflect: done when it does.

        What is not heard of in time counts as anything: all results of the service are invalidated,
        but not again and again, whatever is claimed.
        """
        waits = []
        for mark in marks:
            missing = self._missing.get(mark.service)
            if missing is None or self._reflects(mark):
                continue
            if not missing:
                loop = asyncio.get_running_loop()
                loop.call_later(PATIENCE, self._give_up, mark.service)
            done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            missing.append((mark, done))
            waits.append(done)
            if self._is_in_log(mark):
                self._read(done)
        return waits

    def _reflects(self, mark: Mark) -> bool:
        own = mark.iid.partition(_IN)[0] == self._iid
        return own or self._heard.get((mark.service, mark.iid), -1) >= mark.number

    def _heard_of(self, service: str) -> None:
        missing = self._missing[service]
        for mark, done in missing:
            if not done.done() and self._reflects(mark):
                done.set_result(True)

    def _give_up(self, service: str) -> None:
        missing, self._missing[service] = self._missing[service], []
        waits = [done for _, done in missing if not done.done()]
        if waits:
            self._applier.invalidate((service,), "a change that was not heard of here")
        for done in waits:
            done.set_result(True)
