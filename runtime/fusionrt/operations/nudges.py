"""`Nudges`: hosts of a service tell each other which keys a command invalidated.

Best effort: a message that is lost is not sent again, and the other hosts serve what they cached
until it expires. An operation log will take over.
"""

from __future__ import annotations

import logging

import msgspec

from ..contract import ANY
from ..graph import Graph
from ..rpc import Subjects
from ..table import Contract
from ..transport import Message, Subscription, Transport
from ..values.codecs import codec
from .operation import Key, Operation, apply

__all__ = ["Nudges"]

_log = logging.getLogger("fusionrt")


class _Key(msgspec.Struct, array_like=True):
    """method: empty for the whole service. arguments: each by its codec; None stands for `ANY`."""

    method: str
    arguments: tuple[bytes | None, ...]


_WHOLE_SERVICE = _Key("", ())
_LONGEST_NAME = 500  # characters of a command's; each origin repeats it


class _Nudge(msgspec.Struct, array_like=True):
    iid: str
    command: str
    keys: tuple[_Key, ...]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Nudge).decode


class Nudges:
    """The operation log of a host that has no other: applies here, and tells the others."""

    def __init__(self, graph: Graph, iid: str, transport: Transport, subjects: Subjects) -> None:
        self._graph = graph
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
            data = self._encoded(operation, tuple(map(_to_wire, keys)))
            if len(data) > self._transport.max_payload:
                data = self._encoded(operation, (_WHOLE_SERVICE,))
            self._transport.publish(self._subjects.operations(service), data)

    def _encoded(self, operation: Operation, keys: tuple[_Key, ...]) -> bytes:
        return _encode(_Nudge(self._iid, operation.command, keys))

    async def listen(self, contract: Contract) -> Subscription:
        """Apply what other hosts of a service tell."""
        subject = self._subjects.operations(contract.name)
        return await self._transport.subscribe(subject, lambda m: self._received(contract, m))

    def _received(self, contract: Contract, message: Message) -> None:
        try:
            nudge = _decode(message.payload)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            nudge = _Nudge("", "a command that cannot be read here", (_WHOLE_SERVICE,))
            _log.warning("a message on %s is no operation: it may be any", message.subject)
        if nudge.iid != self._iid:
            keys = [_from_wire(contract, key) for key in nudge.keys]
            apply(Operation("", nudge.command[:_LONGEST_NAME], keys), self._graph)


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
