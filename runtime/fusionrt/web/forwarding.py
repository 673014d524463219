"""A service whose bodies are calls of a client: what a gateway serves (W10).

Its results are computeds of their own, made from the client's replicas: however many pages want
one, it is asked for once, and stale when the replica is. What the contract says of caching and of
what commands invalidate is the business of the service's own host.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, Final

from ..contract import ComputeOptions
from ..errors import (
    ArgumentError,
    CallTimeout,
    Overloaded,
    Refused,
    RemoteError,
)
from ..interceptors import Side, incoming
from ..operations import CommandScope
from ..primitives import now
from ..remote.client import Client
from ..remote.failures import as_failure, bad_arguments
from ..remote.outcomes import Outcomes
from ..remote.remote import Remote
from ..remote.servant import ServiceServant
from ..remote.served import Served
from ..services.pipeline import Pipeline
from ..services.service import Service
from ..table import Command, Compute, Contract, Method, OneWay, Stream
from ..wire.frames import Ending, Kind
from ..wire.refusals import refusal

__all__ = ["LONGEST", "Forwarder", "failure_of", "forwarder", "servant_of"]

LONGEST: Final = 60.0
"""Seconds that a call is given whose own limit is not known."""
WAYS: Final = 100
"""Time limits for which a view of the client is kept."""


class Forwarder(Service):
    """Made by `forwarder`."""

    def __init__(self, remote: Remote) -> None:
        self._reading = remote.with_options(timeout=math.inf)
        self._remote = remote
        self._views: dict[float, Remote] = {}

    def reading(self) -> Remote:
        """For reads: whoever waits has a time limit of its own."""
        return self._reading

    def calling(self) -> Remote:
        """For a call that has as much time as the one that it is made for."""
        came = incoming()
        left = LONGEST if came is None or came.due is None else came.due - now()
        seconds = max(0.1, math.ceil(left * 10.0) / 10.0)
        view = self._views.get(seconds)
        if view is None:
            if len(self._views) >= WAYS:
                self._views.clear()
            view = self._views[seconds] = self._remote.with_options(timeout=seconds)
        return view


def forwarder(cls: type[Client], remote: Remote) -> Forwarder:
    """The service that passes the calls of a client class on; keep it as long as it is served."""
    service = _class_of(cls._fusion_contract)(remote)
    binding = service._fusion
    binding.pipeline = Pipeline(binding.contract, Side.HOST, "", ())  # tells bodies of their time
    return service


def servant_of(service: Forwarder, iid: str) -> ServiceServant:
    """What answers calls of it."""
    return _Servant(service._fusion, iid)


@cache
def _class_of(contract: Contract) -> type[Forwarder]:
    plain = replace(contract, shard=None, methods=tuple(map(_without_rules, contract.methods)))
    namespace: dict[str, Any] = {"_fusion_contract": plain}
    for method in contract.methods:
        namespace[method.name] = _body(method)
    return type(f"{contract.protocol.__name__}Forwarder", (Forwarder,), namespace)


def _without_rules(method: Method) -> Method:
    match method:
        case Compute():
            return replace(method, options=ComputeOptions())
        case Command():
            return replace(method, keys=None, keys_by_result=None)
    return method


def _body(method: Method) -> Callable[..., Any]:
    """It takes one argument a parameter, in their order."""
    name = method.name
    if isinstance(method, Stream):
        return _stream(name, method)

    async def read(self: Forwarder, *arguments: Any, **more: Any) -> Any:
        return await self.reading().compute(name, (*arguments, *more.values()))

    async def call(self: Forwarder, *arguments: Any, **more: Any) -> Any:
        return await self.calling().call(name, (*arguments, *more.values()))

    async def tell(self: Forwarder, *arguments: Any, **more: Any) -> None:
        await self.calling().tell(name, (*arguments, *more.values()))

    async def command(self: Forwarder, *arguments: Any, **more: Any) -> Any:
        given = (*arguments, *more.values())
        return await self.calling().command(name, given, _operation())

    async def send(self: Forwarder, *arguments: Any, **more: Any) -> Any:
        *given, items = (*arguments, *more.values())
        calling = self.calling()
        if isinstance(method, Command):
            calling = calling.with_options(operation=_operation())
        return await calling.send(name, tuple(given), items)

    if method.sends:
        return send
    match method:
        case Compute():
            return read
        case Command():
            return command
        case OneWay():
            return tell
    return call


def _operation() -> str | None:
    """The id of the command that runs, as it is passed on: nobody gets the outcome of somebody
    else's, whatever id he sends (W1).
    """
    scope, came = CommandScope.current(), incoming()
    if scope is None:
        return None
    text = f"{came.principal if came else ''} {scope.operation.id}"
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _stream(name: str, method: Stream) -> Callable[..., Any]:
    def split(arguments: tuple[Any, ...], more: dict[str, Any]) -> tuple[tuple[Any, ...], Any]:
        every = (*arguments, *more.values())
        return (every[:-1], every[-1]) if method.sends else (every, None)

    def stream(self: Forwarder, *arguments: Any, **more: Any) -> Any:
        given, items = split(arguments, more)
        return self.calling().stream(name, given, items)

    async def headed(self: Forwarder, *arguments: Any, **more: Any) -> Any:
        given, items = split(arguments, more)
        return await self.calling().open(name, given, items)

    return headed if method.headed else stream


class _Servant(ServiceServant):
    def _serve(self, method: Method, outcomes: Outcomes) -> Served:
        return _Served(self._binding, method, outcomes)


class _Served(Served):
    def _tells(self, kind: Kind) -> bool:
        """A read has no time of its own; see `Forwarder.reading`."""
        return kind is not Kind.COMPUTE

    def failure(self, error: Exception) -> Ending:
        return failure_of(error, self._binding.contract, self.name)


def failure_of(error: Exception, contract: Contract, method: str) -> Ending:
    """What is told of an error of a call: what the service's own host said, passed on as it came,
    or else what happened on the way there."""
    match error:
        case RemoteError(code="internal"):
            told = f"it raised an exception; its host logged it as {error.reference}"
            return Ending("internal", told)
        case RemoteError() | Refused():
            return Ending(error.code, str(error))
        case ArgumentError():
            return bad_arguments(error)
        case CallTimeout():
            return Ending("timeout", "its time was up before it was done")
        case Overloaded(service=service, may_have_run=False) if service == contract.name:
            return refusal(error.retry_after)
    return as_failure(error, contract, method)
