"""Errors on the wire: a code from a closed list, a message, and data (D21).

An exception class that the contract declares (`raises`) travels by its name, with its `args` as
plain values. Of any other exception of a body the caller learns a reference id, and nothing else.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from ..errors import (
    ArgumentError,
    CallTimeout,
    CycleError,
    RemoteError,
    RemoteUnavailable,
    WireError,
)
from ..primitives import new_id
from ..services.table import Contract
from ..wire.frames import Ending

__all__ = ["as_error", "as_failure"]

_log = logging.getLogger("fusionrt")


class _Declared(msgspec.Struct, array_like=True):
    name: str
    args: list[Any]


def as_failure(error: Exception, contract: Contract, method: str) -> Ending:
    """What the caller is told of an error."""
    for declared in contract.resolved.raises:
        if isinstance(error, declared):
            return Ending("declared", str(error), _declared(declared, error))
    match error:
        case ArgumentError():
            return Ending("bad_arguments", error.problem)
        case WireError():
            return Ending("bad_arguments", str(error))
        case CycleError():
            return Ending("cycle", str(error), msgspec.msgpack.encode(error.keys))
        case RemoteUnavailable():
            return Ending("unavailable", f"{error.service}: {error.problem}")
    reference = new_id()[:12]
    _log.error(
        "%s.%s failed; the caller was told the reference %s",
        contract.name,
        method,
        reference,
        exc_info=error,
    )
    return Ending("internal", f"it raised an exception; its host logged it as {reference}")


def _declared(cls: type[Exception], error: Exception) -> bytes:
    try:
        return msgspec.msgpack.encode(_Declared(cls.__name__, list(error.args)))
    except (TypeError, ValueError, OverflowError):
        return msgspec.msgpack.encode(_Declared(cls.__name__, [str(error)]))


def as_error(failure: Ending, contract: Contract, method: str, timeout: float) -> Exception:
    """What a client raises for a failure."""
    name = f"{contract.name}.{method}"
    match failure.code:
        case "declared":
            return _raised(failure, contract)
        case "bad_arguments" | "too_large":
            return ArgumentError(name, failure.message)
        case "cycle":
            return CycleError(msgspec.msgpack.decode(failure.data, type=tuple[str, ...]))
        case "timeout":
            return CallTimeout(name, timeout)
        case "unavailable":
            return RemoteUnavailable(contract.name, f"it depends on {failure.message}")
        case "internal":
            reference = failure.message.rpartition(" ")[2]
            return RemoteError("internal", f"{name}: {failure.message}", reference)
    return RemoteError(failure.code, f"{name}: {failure.message}")


def _raised(failure: Ending, contract: Contract) -> Exception:
    declared = msgspec.msgpack.decode(failure.data, type=_Declared)
    for cls in contract.resolved.raises:
        if cls.__name__ == declared.name:
            # Its constructor may want other arguments than `args`; it has run on the host.
            error = cls.__new__(cls, *declared.args)
            error.args = tuple(declared.args)
            return error
    return RemoteError("declared", f"{declared.name}: {failure.message}")
