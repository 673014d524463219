"""Services that run, behind a connection of the console's own. Needs no generated code."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from fusionrt.broker import HOST, PORT
from fusionrt.primitives import now
from fusionrt.remote.description import DESCRIBE, MethodDescription, ServiceDescription
from fusionrt.rpc import CONSOLE, Ask, Caller, Failed, Peer
from fusionrt.transport.nats import NatsTransport
from fusionrt.wire.digest import method_id
from fusionrt.wire.frames import Encoding, Kind
from fusionrt.wire.runs import Request

from .call import Call, CallFailed, UsageProblem, answered, request_of
from .watch import Change, changes

__all__ = ["Live"]


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
            AuthorizationFailed: it does not let the console in.
            NotPermitted: it does not let it hear answers.
        """
        principal = os.environ.get("FUSION_PRINCIPAL") or CONSOLE
        transport = await NatsTransport.connect(
            url or f"nats://{HOST}:{PORT}", inbox=f"_INBOX_{principal}"
        )
        caller = Caller(transport, principal=principal)
        try:
            await transport.flush(await caller.open())
            yield cls(caller)
        finally:
            await caller.close()
            await transport.close()

    async def describe(self, service: str) -> ServiceDescription:
        """What a host of the service says of it.

        Raises:
            RemoteUnavailable: there is none.
        """
        ask = Ask(Kind.PLAIN, method_id(DESCRIBE), encoding=Encoding.JSON)
        payload = await self._caller.peer(service).call(Request(ask, b"[]", now() + 10.0))
        return msgspec.json.decode(payload, type=ServiceDescription)

    async def call(self, call: Call, timeout: float) -> AsyncIterator[str]:
        """The result as JSON text; of a stream, its items.

        timeout: seconds that a call, but not a stream, may take.

        Raises:
            UsageProblem: the service has no such method.
            CallFailed: the service answers with a failure.
            RemoteUnavailable: no host serves it.
            NoAnswer: it took too long.
        """
        async with answered(call, timeout):
            method = await self._method(call)
        peer = await self._peer(call.service)
        request = request_of(call, method.kind, timeout)
        try:
            if method.kind is Kind.STREAM:
                async for item in peer.stream(request):
                    yield item.decode()
            else:
                async with answered(call, timeout):
                    payload = await peer.call(request)
                if payload is not None:  # of a one-way call nothing is heard
                    yield payload.decode()
        except Failed as failed:
            raise CallFailed(call, failed.failure) from None

    async def watch(self, call: Call, timeout: float) -> AsyncIterator[Change]:
        """A value now, and after each change, for ever.

        Raises:
            UsageProblem: the service has no such compute method.
            CallFailed: the first call fails, and no change can mend that.
            RemoteUnavailable: no host serves it when the watch begins.
            NoAnswer: the first call takes too long.
        """
        async with answered(call, timeout):
            method = await self._method(call)
        if method.kind is not Kind.COMPUTE:
            kind = method.kind.name.lower()
            raise UsageProblem(
                f"{call.service}.{call.method} is no compute method ({kind}): only those change; "
                "use `fusiongen call`"
            )
        async for change in changes(await self._peer(call.service), call, timeout):
            yield change

    async def _description(self, service: str) -> ServiceDescription:
        description = self._described.get(service)
        if description is None:
            description = self._described[service] = await self.describe(service)
        return description

    async def _peer(self, service: str) -> Peer:
        """The way of its calls; of a sharded service any host says whose they are."""
        sharded = (await self._description(service)).sharded
        return self._caller.shard_peer(service) if sharded else self._caller.peer(service)

    async def _method(self, call: Call) -> MethodDescription:
        description = await self._description(call.service)
        for method in description.methods:
            if method.name == call.method:
                if method.sends:
                    raise UsageProblem(
                        f"{call.service}.{call.method} is sent a stream ({method.parameters[-1]}), "
                        "which no command line gives: call it from a client"
                    )
                given = len(call.arguments)
                if not method.required <= given <= len(method.parameters):
                    wanted = ", ".join(method.parameters) or "no arguments"
                    raise UsageProblem(
                        f"{call.service}.{call.method} takes {wanted}; {given} given"
                    )
                return method
        known = ", ".join(method.name for method in description.methods)
        raise UsageProblem(f"{call.service} has no method {call.method}; it has {known}")
