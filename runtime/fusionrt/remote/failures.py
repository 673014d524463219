"""Errors on the wire: a code from a closed list, a message, and data (D21).

An exception class that the contract declares (`raises`) travels by its name, with its `args` and
attributes as plain values. Of any other exception of a body the caller learns a reference id, and
nothing else.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

import msgspec

from ..errors import (
    ArgumentError,
    BrokerUnavailable,
    CallTimeout,
    CycleError,
    OutcomeUnknown,
    RemoteError,
    RemoteUnavailable,
    WireError,
)
from ..graph import str_of
from ..primitives import new_id
from ..services.table import Contract
from ..wire.frames import Ending

__all__ = ["as_error", "as_failure", "declared_name", "refusal"]

_log = logging.getLogger("fusionrt")


class _Declared(msgspec.Struct, array_like=True):
    name: str
    args: list[Any]
    attributes: dict[str, Any]


def declared_name(failure: Ending) -> str:
    """The name of the declared exception class that a failure is."""
    return msgspec.msgpack.decode(failure.data, type=_Declared).name


def refusal(error: Exception) -> Ending:
    """What the caller is told of arguments that are not those of the contract."""
    match error:
        case ArgumentError():
            return Ending("bad_arguments", error.problem)
        case WireError():
            return Ending("bad_arguments", str(error))
    _log.error("arguments could not be read", exc_info=error)
    return Ending("bad_arguments", "they cannot be read")


def as_failure(error: Exception, contract: Contract, method: str) -> Ending:
    """What the caller is told of an error of the body."""
    for cls in type(error).__mro__:
        if cls in contract.resolved.raises:
            return Ending("declared", str_of(error), _declared(cls.__name__, error))
    match error:
        case CycleError():
            return Ending("cycle", str(error), msgspec.msgpack.encode(error.keys))
        case OutcomeUnknown():
            return Ending("outcome_unknown", f"{error.service}: {error.problem}")
        case RemoteUnavailable():
            return Ending("unavailable", f"{error.service}: {error.problem}")
        case CallTimeout() | BrokerUnavailable():
            return Ending("unavailable", str_of(error))
    reference = new_id()[:12]
    _log.error(
        "%s.%s failed; the caller was told the reference %s",
        contract.name,
        method,
        reference,
        exc_info=error,
    )
    return Ending("internal", f"it raised an exception; its host logged it as {reference}")


def _declared(name: str, error: Exception) -> bytes:
    attributes = {key: value for key, value in vars(error).items() if not key.startswith("_")}
    for args, known in (error.args, attributes), (error.args, {}), ((str_of(error),), {}):
        with suppress(Exception):  # some of it cannot travel, whatever it says of that
            return msgspec.msgpack.encode(_Declared(name, list(args), known))
    return msgspec.msgpack.encode(_Declared(name, [], {}))


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
        case "unavailable":
            return RemoteUnavailable(contract.name, f"it depends on {failure.message}")
        case "outcome_unknown":
            return OutcomeUnknown(contract.name, f"it depends on {failure.message}")
        case "internal":
            reference = failure.message.rpartition(" ")[2]
            return RemoteError("internal", f"{name}: {failure.message}", reference)
    return RemoteError(failure.code, f"{name}: {failure.message}")


def _keys(failure: Ending) -> tuple[str, ...]:
    try:
        return msgspec.msgpack.decode(failure.data, type=tuple[str, ...])
    except msgspec.MsgspecError:
        return (failure.message,)


def _raised(failure: Ending, contract: Contract) -> Exception | None:
    """The declared exception; None if this end does not know it."""
    try:
        declared = msgspec.msgpack.decode(failure.data, type=_Declared)
    except msgspec.MsgspecError:
        return None
    for cls in contract.resolved.raises:
        if cls.__name__ == declared.name:
            try:
                # Its constructor may want other arguments than `args`; it has run on the host.
                error = cls.__new__(cls, *declared.args)
                error.args = tuple(declared.args)
                vars(error).update(declared.attributes)
            except Exception:
                _log.exception("the error %s cannot be made of what its host told", declared.name)
                return None
            return error
    return None
