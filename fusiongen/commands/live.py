"""Talking to services that run: what `call`, `watch` and the demo do. Needs no generated code."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from fusionrt import FusionError, RemoteUnavailable
from fusionrt.broker import HOST, PORT
from fusionrt.graph import Lease
from fusionrt.primitives import new_id, now
from fusionrt.remote.declared import declared_name
from fusionrt.remote.description import DESCRIBE, MethodDescription, ServiceDescription
from fusionrt.rpc import CONSOLE, Caller, Failed, Peer, Registration
from fusionrt.transport.nats import NatsTransport
from fusionrt.wire.calls import Request
from fusionrt.wire.digest import method_id
from fusionrt.wire.frames import Encoding, Ending, Kind
from fusionrt.wire.refusals import OVERLOADED

__all__ = ["Call", "CallFailed", "Change", "Live", "UsageProblem", "parse_call"]

RETRY: Final = 1.0
"""Seconds until a watch looks again for a service that is away."""


class UsageProblem(FusionError):
    """Raised when what was typed makes no call."""


class CallFailed(FusionError):
    """Raised when a service answers with a failure."""

    def __init__(self, call: Call, failure: Ending) -> None:
        self.call = call
        self.code = failure.code
        super().__init__(f"{call.service}.{call.method} {_said(failure)}")


def _said(failure: Ending) -> str:
    match failure.code:
        case "declared":
            return f"raised {declared_name(failure.data)}: {failure.message}"
        case "bad_arguments" | "too_large":
            return f"was called with a wrong argument: {failure.message}"
        case "internal":
            return f"failed: {failure.message}"
        case "unavailable":
            return f"depends on a service that cannot be reached: {failure.message}"
        case code if code == OVERLOADED:
            return f"was refused: {failure.message}; try again later"
    return f"failed ({failure.code}): {failure.message}"


@dataclass(frozen=True)
class Call:
    """A method of a service, and its arguments as JSON texts."""

    service: str
    method: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """A value of a compute method, as JSON text, or why there is none; and what is new.

    reason: what invalidated the one before; of the same value, that nothing proves it fresh at the
        moment, or that something does again; empty for the first.
    """

    value: str
    problem: str
    reason: str


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


class Live:
    """A connection to the services behind a broker."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._described: dict[str, ServiceDescription] = {}

    @classmethod
    @asynccontextmanager
    async def connect(cls, url: str | None) -> AsyncIterator[Live]:
        """Connect to a broker; without a URL, to the embedded one that somebody started.

        Raises:
            BrokerUnavailable: none answers.
        """
        transport = await NatsTransport.connect(url or f"nats://{HOST}:{PORT}")
        caller = Caller(transport, principal=CONSOLE)
        try:
            await caller.open()
            yield cls(caller)
        finally:
            await caller.close()
            await transport.close()

    async def describe(self, service: str) -> ServiceDescription:
        """What a host of the service says of it.

        Raises:
            RemoteUnavailable: there is none.
        """
        request = Request(Kind.PLAIN, method_id(DESCRIBE), b"[]", now() + 10.0, Encoding.JSON)
        payload = await self._caller.peer(service).call(request)
        return msgspec.json.decode(payload, type=ServiceDescription)

    async def call(self, call: Call, timeout: float) -> AsyncIterator[str]:
        """The result as JSON text; of a stream, its items.

        timeout: seconds that a call, but not a stream, may take.

        Raises:
            UsageProblem: the service has no such method.
            CallFailed: the service answers with a failure.
            RemoteUnavailable: no host serves it.
            TimeoutError: it took too long.
        """
        async with asyncio.timeout(timeout):
            method = await self._method(call)
        peer = self._caller.peer(call.service)
        request = _request(call, method.kind, timeout)
        try:
            if method.kind is Kind.STREAM:
                async for item in peer.stream(request):
                    yield item.decode()
            else:
                async with asyncio.timeout(timeout):
                    payload = await peer.call(request)
                yield payload.decode()
        except Failed as failed:
            raise CallFailed(call, failed.failure) from None

    async def watch(self, call: Call, timeout: float) -> AsyncIterator[Change]:
        """A value now, and after each change, for ever.

        Raises:
            UsageProblem: the service has no such compute method.
            CallFailed: the first call fails, and no change can mend that.
            RemoteUnavailable: no host serves it when the watch begins.
        """
        async with asyncio.timeout(timeout):
            method = await self._method(call)
        if method.kind is not Kind.COMPUTE:
            kind = method.kind.name.lower()
            raise UsageProblem(
                f"{call.service}.{call.method} is no compute method ({kind}): only those change; "
                "use `fusiongen call`"
            )
        peer = self._caller.peer(call.service)
        reason = problem = ""
        while True:
            watched = _Watched(peer)
            change = await self._look(peer, call, timeout, watched, reason)
            if not problem or change.problem != problem:  # looked again, to find the same
                yield change
            problem = change.problem
            async for standing in watched.standings():
                yield replace(change, reason=standing)
            reason = await watched.invalidated

    async def _look(
        self, peer: Peer, call: Call, timeout: float, watched: _Watched, reason: str
    ) -> Change:
        registration = watched.registration
        request = _request(call, Kind.COMPUTE, timeout)
        try:
            async with asyncio.timeout(timeout):
                payload = await peer.call(request, registration)
        except Failed as failed:
            if not registration.id:
                if not reason or failed.failure.code != OVERLOADED:
                    raise CallFailed(call, failed.failure) from None
                watched.look_again()
            return Change("", f"{call.service}.{call.method} {_said(failed.failure)}", reason)
        except (RemoteUnavailable, TimeoutError) as error:
            if not reason:
                raise
            watched.look_again()
            return Change("", str(error) or f"no answer within {timeout:g} s", reason)
        return Change(payload.decode(), "", reason)

    async def _method(self, call: Call) -> MethodDescription:
        description = self._described.get(call.service)
        if description is None:
            description = self._described[call.service] = await self.describe(call.service)
        for method in description.methods:
            if method.name == call.method:
                given = len(call.arguments)
                if not method.required <= given <= len(method.parameters):
                    wanted = ", ".join(method.parameters) or "no arguments"
                    raise UsageProblem(
                        f"{call.service}.{call.method} takes {wanted}; {given} given"
                    )
                return method
        known = ", ".join(method.name for method in description.methods)
        raise UsageProblem(f"{call.service} has no method {call.method}; it has {known}")


class _Watched:
    """A registered result: until it is invalidated, it may be suspended for a time (D26)."""

    def __init__(self, peer: Peer) -> None:
        self.invalidated: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.registration = Registration(peer, self.settle, lambda _: None)
        self._peer = peer

    def settle(self, reason: str) -> None:
        """It is stale."""
        if not self.invalidated.done():
            self.invalidated.set_result(reason)

    def look_again(self) -> None:
        """There is none now: ask for it in a while."""
        asyncio.get_running_loop().call_later(RETRY, self.settle, "looked again")

    async def standings(self) -> AsyncIterator[str]:
        """That it was suspended, and why, or is fresh again; ends when it is invalidated."""
        news = asyncio.Event()
        suspended = False
        self.invalidated.add_done_callback(lambda _: news.set())
        with ExitStack() as subscribed:
            for lease in self._leases():
                subscribed.callback(lease.on_turn(news.set))
            while not self.invalidated.done():
                live = all(lease.live() for lease in self._leases())
                if live is suspended:
                    suspended = not live
                    yield f"suspended: {self._doubt()}" if suspended else "resumed"
                news.clear()
                await news.wait()

    def _leases(self) -> list[Lease]:
        session = self.registration.session
        return [self.registration] if session is None else [self.registration, session]

    def _doubt(self) -> str:
        if not self.registration.live():
            return "its own sources cannot be reached"
        lost = self._peer.why_silent(Kind.COMPUTE)
        return "its host is silent" if lost is None else lost.problem


def _request(call: Call, kind: Kind, timeout: float) -> Request:
    return Request(
        kind=kind,
        method=method_id(call.method),
        arguments=f"[{', '.join(call.arguments)}]".encode(),
        deadline=now() + timeout,
        encoding=Encoding.JSON,
        operation=new_id() if kind is Kind.COMMAND else "",
        timeout=timeout,
    )
