"""Errors on the wire: a code from a closed list, a message, and data (D21).

An exception class that the contract declares (`raises`) travels by its name, see
`declared`. Of any other exception of a body the caller learns a reference id, and
nothing else.
"""

from __future__ import annotations

import logging

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
from .declared import declared, raised

__all__ = ["as_error", "as_failure", "refusal"]

_log = logging.getLogger("fusionrt")


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
            return Ending("declared", str_of(error), declared(cls.__name__, error))
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


def as_error(failure: Ending, contract: Contract, method: str, timeout: float) -> Exception:
    """What a client raises for a failure."""
    name = f"{contract.name}.{method}"
    match failure.code:
        case "declared":
            error = raised(failure.data, contract.resolved.raises)
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
