"""Errors on the wire: a code from a closed list, a message, and data (D21).

An exception class that the contract declares (`raises`) travels by its name, see
`declared`. Of any other exception of a body the caller learns a reference id, and
nothing else.
"""

from __future__ import annotations

import logging
from typing import Final

import msgspec

from ..errors import (
    ArgumentError,
    BadOperation,
    BrokerUnavailable,
    CallTimeout,
    CycleError,
    FusionError,
    OutcomeUnknown,
    Overloaded,
    Refused,
    RemoteError,
    RemoteUnavailable,
    WireError,
)
from ..graph import str_of
from ..rpc import internal
from ..seldom import Seldom
from ..table import Contract
from ..wire.frames import Ending
from ..wire.refusals import LEASE_LOST, MOVED, OVERLOADED, refusal, refused
from .declared import declared, raised

__all__ = ["ITEMS", "as_error", "as_failure", "bad_arguments", "items_failure"]

_seldom = Seldom(logging.getLogger("fusionrt"))
ITEMS: Final = "items"
"""The code of a call that failed for its caller's iterator did: the caller raises its own error."""
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


def bad_arguments(error: Exception) -> Ending:
    """What the caller is told of arguments that are not those of the contract."""
    match error:
        case ArgumentError():
            return Ending("bad_arguments", str_of(error.problem))
        case WireError():
            return Ending("bad_arguments", str_of(error))
    _seldom.exception("arguments could not be read", exc_info=error)
    return Ending("bad_arguments", "they cannot be read")


def as_failure(error: Exception, contract: Contract, method: str) -> Ending:
    """What the caller is told of an error of the body, whatever that is (D29)."""
    name = f"{contract.name}.{method}"
    if isinstance(error, BadOperation) and error.method == name:  # of this call, not of another
        return bad_arguments(error)
    try:
        failure = _known(error, contract)
    except Exception:
        failure = None
    return failure or internal(error, _failed(name, error, contract))


def items_failure(error: Exception, contract: Contract, method: str) -> Ending:
    """What a body is told of an error of its caller's iterator."""
    try:
        failure = _known(error, contract)
    except Exception:
        failure = None
    what = f"the iterator given to {contract.name}.{method}"
    return failure or internal(error, _failed(what, error, contract), teller="its caller")


def _failed(what: str, error: Exception, contract: Contract) -> str:
    """For the log: an error that only lacks its line in the contract is told from a mistake."""
    if isinstance(error, FusionError) or _declared_by(error, contract) is not None:
        return f"{what} failed"
    name = type(error).__name__
    return f"{what} failed with {name}, which its contract does not declare (`raises=[…]`)"


def _declared_by(error: Exception, contract: Contract) -> type[Exception] | None:
    return next((cls for cls in type(error).__mro__ if cls in contract.resolved.raises), None)


def _known(error: Exception, contract: Contract) -> Ending | None:
    if (cls := _declared_by(error, contract)) is not None:
        return Ending("declared", str_of(error), declared(cls, error))
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
        case code if code == OVERLOADED:
            return _overloaded(failure, contract, method)
        case "unavailable":
            problem = f"it depends on {failure.message}"
            return RemoteUnavailable(contract.name, problem, may_have_run=True)
        case "stream_lost":
            return RemoteUnavailable(contract.name, failure.message, may_have_run=True)
        case "unknown_method" | "bad_request":
            return Refused(name, failure.code, failure.message)
        case "arguments_too_large":
            return Refused(name, "too_large", failure.message)
        case "outcome_unknown":
            return OutcomeUnknown(contract.name, f"it depends on {failure.message}")
        case code if code == MOVED:
            return RemoteUnavailable(contract.name, f"{failure.message}, and no host was found")
        case code if code == LEASE_LOST:
            return OutcomeUnknown(contract.name, f"{failure.message}; it may have run")
        case "internal":
            reference = failure.message.rpartition(" ")[2]
            return RemoteError("internal", f"{name}: {failure.message}", reference)
    return RemoteError(failure.code, f"{name}: {failure.message}")


def _overloaded(failure: Ending, contract: Contract, method: str) -> Overloaded:
    """Of what was called, or of what its body called."""
    told = refused(failure.data)
    if told.service:
        return Overloaded(told.service, told.method, told.retry_after, may_have_run=True)
    return Overloaded(contract.name, method, told.retry_after)


def _keys(failure: Ending) -> tuple[str, ...]:
    try:
        return msgspec.msgpack.decode(failure.data, type=tuple[str, ...])
    except _UNREADABLE:
        return (failure.message,)
