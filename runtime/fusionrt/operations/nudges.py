"""`Nudges`: hosts of a service tell each other which keys a command invalidated.

Best effort: a message that is lost is not sent again, and the other hosts serve what they cached
until the next one comes, whose number tells, or a client that knows of it asks them (D15). An
operation log will take over.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from ..contract import ANY
from ..graph import Graph, Origin, OriginKind, notify
from ..rpc import Loose, Subjects
from ..table import Contract
from ..transport import Message, Subscription, Transport
from ..values.codecs import codec
from ..wire.frames import Mark
from ..wire.marks import MOST_MARKS
from .operation import Key, Operation, apply

__all__ = ["Nudges"]

_log = logging.getLogger("fusionrt")


class _Key(msgspec.Struct, array_like=True):
    """method: empty for the whole service. arguments: each by its codec; None stands for `ANY`."""

    method: str
    arguments: tuple[bytes | None, ...]


_WHOLE_SERVICE = _Key("", ())
PATIENCE: Final = 0.5
"""Seconds in which a nudge comes that others heard of; usually it was here before."""
_LONGEST_NAME = 500  # characters of a command's; each origin repeats it


class _Nudge(msgspec.Struct, array_like=True):
    """number: counts those of this host to this service's hosts (D15)."""

    iid: str
    command: str
    keys: tuple[_Key, ...]
    number: int = 0


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Nudge).decode


class Nudges:
    """The operation log of a host that has no other: applies here, and tells the others.

    loose: learns of commands that no client is told of.
    """

    def __init__(
        self, graph: Graph, iid: str, transport: Transport, subjects: Subjects, loose: Loose
    ) -> None:
        self._graph = graph
        self._loose = loose
        self._sent: Counter[str] = Counter()
        """How many nudges, by service."""
        self._heard: dict[tuple[str, str], int] = {}
        """The number of the last, by service and host."""
        self._missing: dict[str, list[tuple[Mark, asyncio.Future[bool]]]] = {}
        """What is waited for, by the services that are served here."""
        self._iid = iid
        self._transport = transport
        self._subjects = subjects

    async def commit(self, operation: Operation) -> None:
        """Apply the keys here, then publish them to the hosts of each service."""
        apply(operation, self._graph)
        by_service: dict[str, list[Key]] = {}
        for key in operation.keys:
            by_service.setdefault(key.contract.name, []).append(key)
        for service, keys in by_service.items():
            self._sent[service] += 1
            mark = Mark(service, self._iid, self._sent[service])
            operation.marks.add((mark,))
            nudge = _Nudge(self._iid, operation.command, tuple(map(_to_wire, keys)), mark.number)
            data = _encode(nudge)
            if len(data) > self._transport.max_payload:
                nudge.keys = (_WHOLE_SERVICE,)
                data = _encode(nudge)
            self._transport.publish(self._subjects.operations(service), data)
        if operation.marks and not operation.told:
            self._loose.add(operation.marks.all())

    async def listen(self, contract: Contract) -> Subscription:
        """Apply what other hosts of a service tell."""
        self._missing.setdefault(contract.name, [])
        subject = self._subjects.operations(contract.name)
        return await self._transport.subscribe(subject, lambda m: self._received(contract, m))

    def _received(self, contract: Contract, message: Message) -> None:
        try:
            nudge = _decode(message.payload)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            nudge = _Nudge("", "a command that cannot be read here", (_WHOLE_SERVICE,))
            _log.warning("a message on %s is no operation: it may be any", message.subject)
        if nudge.iid != self._iid:
            lost = self._note(contract.name, nudge)
            keys = [_from_wire(contract, key) for key in (_WHOLE_SERVICE,) if lost]
            keys += [_from_wire(contract, key) for key in nudge.keys]
            apply(Operation("", nudge.command[:_LONGEST_NAME], keys), self._graph)
            self._heard_of(contract.name)

    def _note(self, service: str, nudge: _Nudge) -> bool:
        """Whether one before it was lost, which may have named anything (D2)."""
        name = service, nudge.iid
        last = self._heard.pop(name, nudge.number - 1)
        self._heard[name] = max(last, nudge.number)
        if len(self._heard) > MOST_MARKS:
            del self._heard[next(iter(self._heard))]
        return nudge.number > last + 1

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
        return waits

    def _reflects(self, mark: Mark) -> bool:
        return mark.iid == self._iid or self._heard.get((mark.service, mark.iid), -1) >= mark.number

    def _heard_of(self, service: str) -> None:
        missing = self._missing[service]
        for mark, done in missing:
            if not done.done() and self._reflects(mark):
                done.set_result(True)

    def _give_up(self, service: str) -> None:
        missing, self._missing[service] = self._missing[service], []
        waits = [done for _, done in missing if not done.done()]
        if waits and not self._graph.closed:
            invalidated = Origin(OriginKind.REMOTE, "a change that was not heard of here")
            for target in self._graph.targets.named(service):
                notify(target.mark_all(invalidated))
        for done in waits:
            done.set_result(True)


def _to_wire(key: Key) -> _Key:
    if key.method is None:
        return _WHOLE_SERVICE
    try:
        types = key.contract.resolved.signatures[key.method].parameters
        arguments = tuple(
            None if argument is ANY else codec(tp).encode(argument)
            for tp, argument in zip(types, key.arguments, strict=True)
        )
    except Exception:
        return _WHOLE_SERVICE  # no key of this contract: `apply` has reported it
    return _Key(key.method, arguments)


def _from_wire(contract: Contract, key: _Key) -> Key:
    """What cannot be understood, for another version of the contract wrote it, is all (O14)."""
    try:
        types = contract.resolved.signatures[key.method].parameters
        arguments = tuple(
            ANY if argument is None else codec(tp).decode(argument)
            for tp, argument in zip(types, key.arguments, strict=True)
        )
    except Exception:
        return Key(contract, None)
    return Key(contract, key.method, arguments)
