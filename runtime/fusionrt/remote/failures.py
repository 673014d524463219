"""Errors on the wire: a code from a closed list, a message, and data (D21).

An exception class that the contract declares (`raises`) travels by its name, with its `args` and
attributes as plain values. Of any other exception of a body the caller learns a reference id, and
nothing else.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from ..errors import (
    ArgumentError,
    BrokerUnavailable,
    CallTimeout,
    CycleError,
    OutcomeUnknown,
    Overloaded,
    RemoteError,
    RemoteUnavailable,
    WireError,
)
from ..graph import str_of
from ..rpc import internal
from ..services.table import Contract
from ..wire.admission import RETRY_AFTER
from ..wire.frames import Ending
from ..wire.refusals import OVERLOADED, Refusal, refusal

__all__ = ["as_error", "as_failure", "bad_arguments", "declared_name"]

_log = logging.getLogger("fusionrt")
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


class _Declared(msgspec.Struct, array_like=True):
    name: str
    args: list[Any]
    attributes: dict[str, Any]


def declared_name(failure: Ending) -> str:
    """The name of the declared exception class that a failure is."""
    return msgspec.msgpack.decode(failure.data, type=_Declared).name


def bad_arguments(error: Exception) -> Ending:
    """What the caller is told of arguments that are not those of the contract."""
    match error:
        case ArgumentError():
            return Ending("bad_arguments", str_of(error.problem))
        case WireError():
            return Ending("bad_arguments", str_of(error))
    _log.error("arguments could not be read", exc_info=error)
    return Ending("bad_arguments", "they cannot be read")


def as_failure(error: Exception, contract: Contract, method: str) -> Ending:
    """What the caller is told of an error of the body, whatever that is (D29)."""
    try:
        failure = _known(error, contract)
    except Exception:
        failure = None
    return failure or internal(error, f"{contract.name}.{method}")


def _known(error: Exception, contract: Contract) -> Ending | None:
    for cls in type(error).__mro__:
        if cls in contract.resolved.raises:
            return Ending("declared", str_of(error), _declared(cls.__name__, error))
    match error:
        case CycleError():
            return Ending("cycle", str_of(error), msgspec.msgpack.encode(error.keys))
        case Overloaded():
            return refusal(error.retry_after, error.service, error.method)
        case OutcomeUnknown():
            return Ending("outcome_unknown", str_of(f"{error.service}: {error.problem}"))
        case RemoteUnavailable():
            return Ending("unavailable", str_of(f"{error.service}: {error.problem}"))
        case CallTimeout() | BrokerUnavailable():
            return Ending("unavailable", str_of(error))
    return None


def _declared(name: str, error: Exception) -> bytes:
    """Its name, with as much of what it holds as can travel."""
    args = list(error.args)
    attributes = {key: value for key, value in vars(error).items() if not key.startswith("_")}
    if not _travels(args):
        args = [str_of(error)]
    if not _travels(attributes):
        attributes = {key: value for key, value in attributes.items() if _travels(value)}
    return msgspec.msgpack.encode(_Declared(name, args, attributes))


def _travels(value: object) -> bool:
    try:
        msgspec.msgpack.encode(value)
    except Exception:
        return False
    return True


def as_error(failure: Ending, contract: Contract, method: str, timeout: float) -> Exception:
    """What a client raises for a failure."""
    name = f"{contract.name}.{method}"
    match failure.code:
        case "declared":
            error = _raised(failure, contract)
            if error is not None:
                return error
        case "bad_arguments":
            return ArgumentError(name, failure.message)
        case "cycle":
            return CycleError(_keys(failure))
        case "timeout":
            return CallTimeout(name, timeout)
        case code if code == OVERLOADED:
            return _overloaded(failure, contract, method)
        case "unavailable":
            return RemoteUnavailable(contract.name, f"it depends on {failure.message}")
        case "outcome_unknown":
            return OutcomeUnknown(contract.name, f"it depends on {failure.message}")
        case "internal":
            reference = failure.message.rpartition(" ")[2]
            return RemoteError("internal", f"{name}: {failure.message}", reference)
    return RemoteError(failure.code, f"{name}: {failure.message}")


def _overloaded(failure: Ending, contract: Contract, method: str) -> Overloaded:
    """Of what was called, or of what its body called."""
    try:
        told = msgspec.msgpack.decode(failure.data, type=Refusal)
    except _UNREADABLE:
        told = Refusal(RETRY_AFTER)
    if told.service:
        return Overloaded(told.service, told.method, told.retry_after)
    return Overloaded(contract.name, method, told.retry_after)


def _keys(failure: Ending) -> tuple[str, ...]:
    try:
        return msgspec.msgpack.decode(failure.data, type=tuple[str, ...])
    except _UNREADABLE:
        return (failure.message,)


def _raised(failure: Ending, contract: Contract) -> Exception | None:
    """The declared exception; None if this end does not know it."""
    try:
        declared = msgspec.msgpack.decode(failure.data, type=_Declared)
    except _UNREADABLE:
        return None
    for cls in contract.resolved.raises:
        if cls.__name__ == declared.name:
            return _remade(cls, declared)
    return None


def _remade(cls: type[Exception], declared: _Declared) -> Exception | None:
    """The exception without its constructor, which may want other arguments than `args`, and has
    run on the host. None if the class cannot be made so.
    """
    try:
        error = cls.__new__(cls, *declared.args)
        error.args = tuple(declared.args)
        vars(error).update(declared.attributes)
    except Exception:
        _log.exception("%s came from a host, and cannot be made here", declared.name)
        return None
    return error
