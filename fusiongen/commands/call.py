"""`call`: what was typed, as a call, and what a service answers that failed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fusionrt import FusionError
from fusionrt.primitives import new_id, now
from fusionrt.remote.declared import declared_name
from fusionrt.rpc import Ask
from fusionrt.wire.digest import method_id
from fusionrt.wire.frames import Encoding, Ending, Kind
from fusionrt.wire.refusals import OVERLOADED
from fusionrt.wire.runs import Request

__all__ = [
    "Call",
    "CallFailed",
    "NoAnswer",
    "UsageProblem",
    "answered",
    "parse_call",
    "request_of",
    "said",
]


class UsageProblem(FusionError):
    """Raised when what was typed makes no call."""


@dataclass(frozen=True)
class Call:
    """A method of a service, and its arguments as JSON texts."""

    service: str
    method: str
    arguments: tuple[str, ...]


class CallFailed(FusionError):
    """Raised when a service answers with a failure."""

    def __init__(self, call: Call, failure: Ending) -> None:
        self.call = call
        self.code = failure.code
        super().__init__(f"{call.service}.{call.method} {said(failure)}")


class NoAnswer(FusionError, TimeoutError):
    """Raised when a service did not answer in time."""

    def __init__(self, call: Call, timeout: float) -> None:
        self.call = call
        self.timeout = timeout
        super().__init__(
            f"{call.service}.{call.method} had no answer within {timeout:g} s; "
            "give it longer with --timeout"
        )


@asynccontextmanager
async def answered(call: Call, timeout: float) -> AsyncIterator[None]:
    """What is done here is done in time.

    Raises:
        NoAnswer: it is not.
    """
    try:
        async with asyncio.timeout(timeout):
            yield
    except TimeoutError:
        raise NoAnswer(call, timeout) from None


def parse_call(target: str, arguments: Sequence[str]) -> Call:
    """What `SERVICE.METHOD ARGS…` means.

    Raises:
        UsageProblem: it is not of that form, or an argument is no JSON.
    """
    service, _, method = target.partition(".")
    if not service.isidentifier() or not method.isidentifier():
        raise UsageProblem(f"{target!r} is not of the form SERVICE.METHOD, such as carts.total")
    for index, argument in enumerate(arguments, 1):
        try:
            json.loads(argument)
        except ValueError:
            raise UsageProblem(
                f"argument {index}, {argument}, is no JSON: "
                f"a string needs its quotes, '{json.dumps(argument)}'"
            ) from None
    return Call(service, method, tuple(arguments))


def request_of(call: Call, kind: Kind, timeout: float) -> Request:
    """The call as it travels: within `timeout` seconds, as JSON, secrets in the result masked."""
    ask = Ask(kind, method_id(call.method), encoding=Encoding.SHOWN, timeout=timeout)
    arguments = f"[{', '.join(call.arguments)}]".encode()
    return Request(ask, arguments, now() + timeout, new_id() if kind is Kind.COMMAND else "")


def said(failure: Ending) -> str:
    """A failure as the rest of a sentence that begins with the method."""
    match failure.code:
        case "declared":
            return f"raised {declared_name(failure.data)}: {failure.message}"
        case "bad_arguments" | "arguments_too_large":
            return f"was called with a wrong argument: {failure.message}"
        case "internal":
            return f"failed: {failure.message}"
        case "unavailable":
            return f"depends on a service that cannot be reached: {failure.message}"
        case code if code == OVERLOADED:
            return f"was refused: {failure.message}; try again later"
    return f"failed ({failure.code}): {failure.message}"
