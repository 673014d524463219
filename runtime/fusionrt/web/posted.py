"""One call by one HTTP request: `POST …/todos.get`, for curl, and where no WebSocket gets through.

The body is a JSON array of arguments, or an object of them by name; the answer is the result as
JSON, or `{"error": {"code", "message", …}}` with the status that fits.
"""

from __future__ import annotations

import asyncio
import inspect
import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ..errors import WireError
from ..identity import Asker
from ..interceptors import arriving
from ..operations import operation as current
from ..primitives import now, spawn, untold
from ..remote.asking import Asking
from ..remote.declared import declared_name
from ..remote.failures import bad_arguments
from ..table import Command, Contract, Method, OneWay, Stream
from ..values.codecs import Codec, codec
from ..values.json_text import json_items
from ..wire.frames import Ending
from ..wire.refusals import OVERLOADED, RETRY_AFTER, refusal, refused
from .cookies import Browser
from .forwarding import LONGEST, Forwarder, failure_of
from .limits import LARGEST

__all__ = ["Posted"]

TIMEOUT: Final = 10.0
"""Seconds that a call has whose request does not say (`Fusion-Timeout`)."""
UNDER_WAY: Final = 1000
"""Calls of a gateway that came by requests and are not answered; further ones are refused."""

_STATUS: Final[Mapping[str, int]] = {
    "bad_arguments": 400,
    "bad_request": 400,
    "unknown_method": 404,
    "arguments_too_large": 413,
    "unsupported": 415,
    "declared": 422,
    "outcome_unknown": 502,
    OVERLOADED: 503,
    "unavailable": 503,
    "timeout": 504,
    "cycle": 508,
}
"""By code; all else is 500."""

_UNKNOWN: Final = Ending("unknown_method", "there is no such method here")
_STREAMS: Final = Ending("bad_request", "it is a stream: call it over a WebSocket")
_NO_JSON: Final = Ending("unsupported", "send JSON, with `Content-Type: application/json`")
_LARGE: Final = Ending("arguments_too_large", f"the arguments exceed {LARGEST} bytes")
_LATE: Final = Ending("timeout", "its time was up before it was done")

_object = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Failed(Exception):
    def __init__(self, failure: Ending) -> None:
        self.failure = failure


class _Way(NamedTuple):
    """How one method is called. contract, method: as clients know them. asking: fills in who asks;
    types: of the other arguments.
    """

    service: Forwarder
    contract: Contract
    method: Method
    asking: Asking | None
    types: tuple[Any, ...]
    result: Codec[Any]


class Posted:
    """Makes the calls of requests, of the methods of some services."""

    def __init__(self, services: Mapping[str, Forwarder]) -> None:
        self._ways: Final = {
            f"{name}.{method.name}": _way(service, method)
            for name, service in services.items()
            for method in service._fusion.contract.methods
        }
        self.under_way = 0

    async def answer(self, request: Request, browser: Browser) -> Response:
        """Make the call that a request is, for whom it comes from."""
        self.under_way += 1
        try:
            return await self._answer(request, browser)
        except _Failed as failed:
            return _refusal(failed.failure)
        finally:
            self.under_way -= 1

    async def _answer(self, request: Request, browser: Browser) -> Response:
        way = self._ways.get(request.path_params["call"])
        if way is None:
            raise _Failed(_UNKNOWN)
        if isinstance(way.method, Stream) or way.method.sends:
            raise _Failed(_STREAMS)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise _Failed(_NO_JSON)
        if self.under_way > UNDER_WAY:
            raise _Failed(refusal(RETRY_AFTER))
        arguments = _arguments(way, await _body(request))
        headers = {}
        if way.asking is not None:
            arguments = way.asking.fill(arguments, Asker.browser(browser.principal))
            headers = {"set-cookie": browser.cookie} if browser.cookie else {}
        seconds = _seconds(request)
        principal = "" if browser.cookie else browser.principal  # it cannot come back as that
        body = arriving(_call(way, request), principal, None, now() + seconds)
        limit = asyncio.timeout(seconds)
        try:
            async with limit:
                data = await _unless_left(request, lambda: body(*arguments))
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:
            late = limit.expired()
            failure = _LATE if late else failure_of(error, way.contract, way.method.name)
            raise _Failed(failure) from error
        return _json(202 if isinstance(way.method, OneWay) else 200, data, headers)


def _way(service: Forwarder, method: Method) -> _Way:
    whole = service._fusion.contract
    contract, name = whole.for_clients, method.name
    signature = contract.resolved.signatures[name]
    asking = Asking(whole, method) if method.filled else None
    types, result = signature.parameters, codec(signature.result)
    return _Way(service, contract, contract.method[name], asking, types, result)


def _call(way: _Way, request: Request) -> Callable[..., Awaitable[bytes]]:
    whole, name = way.service._fusion.contract, way.method.name
    split = whole.positional(name)
    names = whole.method[name].parameters[split:]
    operation = request.headers.get("idempotency-key")

    async def call(*arguments: Any) -> bytes:
        given = dict(zip(names, arguments[split:], strict=True))
        bound = getattr(way.service, way.method.name)
        if operation is not None and isinstance(way.method, Command):
            with current.once(operation):
                result = await bound(*arguments[:split], **given)
        else:
            result = await bound(*arguments[:split], **given)
        return way.result.encode_json(result)

    return call


async def _unless_left(request: Request, call: Callable[[], Awaitable[bytes]]) -> bytes:
    """What a call comes to; it is cancelled if nobody waits for that any more (D19)."""

    async def leaves() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    calling = spawn(_awaited(call), name="fusion post")
    leaving = spawn(leaves(), name="fusion post leaves")
    try:
        await asyncio.wait({calling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not calling.done():
            raise ClientDisconnect
        return calling.result()
    finally:
        for task in (calling, leaving):
            task.cancel()
        await asyncio.wait({calling, leaving})
        untold(calling, leaving)


async def _awaited(call: Callable[[], Awaitable[bytes]]) -> bytes:
    return await call()


async def _body(request: Request) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > LARGEST:
            raise _Failed(_LARGE)
        parts.append(part)
    return b"".join(parts)


def _arguments(way: _Way, body: bytes) -> tuple[Any, ...]:
    """One for each parameter; what has a default may be left out."""
    names = way.method.parameters
    try:
        given = _given(names, body)
        unknown = [name for name in given if name not in names]
        if unknown:
            raise WireError(f"there is no parameter {unknown[0]:.100}")
        pairs = zip(names, way.types, strict=True)
        return tuple(_argument(way, name, tp, given) for name, tp in pairs)
    except (ValueError, RecursionError) as problem:
        error = problem if isinstance(problem, WireError) else WireError(str(problem))
        raise _Failed(bad_arguments(error)) from None


def _given(names: tuple[str, ...], body: bytes) -> Mapping[str, bytes]:
    if body.lstrip().startswith(b"{"):
        return {name: bytes(raw) for name, raw in _object.decode(body).items()}
    items = json_items(body) if body.strip() else []
    if len(items) > len(names):
        raise WireError(f"expected at most {len(names)} arguments, got {len(items)}")
    return dict(zip(names, items, strict=False))


def _argument(way: _Way, name: str, tp: Any, given: Mapping[str, bytes]) -> Any:
    if name in given:
        try:
            return codec(tp).decode_json(given[name])
        except WireError as problem:
            raise WireError(f"{name}: {problem}") from None
    default = way.contract.signature(way.method.name).parameters[name].default
    if default is inspect.Parameter.empty:
        raise WireError(f"the argument {name} is missing")
    return default


def _seconds(request: Request) -> float:
    text = request.headers.get("fusion-timeout")
    try:
        seconds = TIMEOUT if text is None else float(text)
        if not 0.0 < seconds <= LONGEST:
            raise ValueError
    except ValueError:
        problem = f"Fusion-Timeout: expected seconds, at most {LONGEST:g}"
        raise _Failed(Ending("bad_request", problem)) from None
    return seconds


def _refusal(failure: Ending) -> Response:
    told = {"code": failure.code, "message": failure.message}
    headers = {}
    if failure.code == "declared":
        told["type"] = declared_name(failure.data)
    if failure.code == OVERLOADED:
        headers["Retry-After"] = str(math.ceil(refused(failure.data).retry_after))
    status = _STATUS.get(failure.code, 500)
    return _json(status, msgspec.json.encode({"error": told}), headers)


def _json(status: int, data: bytes, headers: Mapping[str, str] | None = None) -> Response:
    headers = {"Cache-Control": "no-store", **(headers or {})}
    return Response(data, status, headers, "application/json")
