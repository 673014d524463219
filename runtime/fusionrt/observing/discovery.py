"""NATS's own discovery: `nats micro ls`, `info` and `stats` find the services of our hosts.

The subjects and the answers are those of nats.micro (ADR-32 of NATS); its classes make them. Its
`Service` is not used: it lives and dies with a connection of nats-py, and ours are replaced. So the
subjects are subscribed to by our transport, which outlives its broker.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from nats.micro.service import (
    EndpointInfo,
    EndpointStats,
    ServiceInfo,
    ServicePing,
    ServiceStats,
    ServiceVerb,
)

from ..errors import FusionError, NotPermitted
from ..graph import MethodStatistics
from ..interceptors import CallKind, Side
from ..primitives import clock, utc_now
from ..rpc import Subjects
from ..seldom import Seldom
from ..transport import Message, Subscription, Transport
from .statistics import CallKey, CallStatistics, HostStatistics

__all__ = ["Announced", "Discovery"]

FRESH: Final = 0.5
"""Seconds for which one look at the host's statistics serves all who ask."""

_NEVER_CALLED: Final = CallStatistics(0, 0, 0, 0.0)
_log = logging.getLogger("fusionrt")


class _Answer(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Announced:
    """A service, as others may find it.

    version: of its contract. requests: how many calls of each method came from other processes.
    """

    name: str
    version: int | None
    methods: Mapping[str, CallKind]
    requests: Callable[[], Mapping[str, int]]


class Discovery:
    """Answers for the services of one host; its instance id is theirs."""

    def __init__(
        self,
        transport: Transport,
        iid: str,
        subjects: Subjects,
        statistics: Callable[[], HostStatistics],
    ) -> None:
        self._transport = transport
        self._iid = iid
        self._subjects = subjects
        self._statistics = statistics
        self._now = clock()
        self._seldom = Seldom(_log)
        self._services: dict[str, tuple[Announced, datetime]] = {}
        self._subscriptions: list[Subscription] = []
        self._told: HostStatistics | None = None
        self._told_at = 0.0

    async def announce(self, service: Announced) -> None:
        """Answer for this service, too."""
        if not self._services:
            await self._listen("$SRV.*")
            await self._listen(f"$SRV.*.*.{self._iid}")
        self._services[service.name] = service, utc_now()
        await self._listen(f"$SRV.*.{service.name}")
        await self._settle()

    async def _settle(self) -> None:
        """Permissions need not allow it: then the host is not found, and all else is as it was."""
        try:
            await self._transport.flush(*self._subscriptions)
        except NotPermitted as problem:
            _log.info("others cannot discover this host: %s", problem)

    async def close(self) -> None:
        """Answer no more."""
        for subscription in self._subscriptions:
            await subscription.unsubscribe()

    async def _listen(self, subject: str) -> None:
        self._subscriptions.append(await self._transport.subscribe(subject, self._asked))

    def _asked(self, message: Message) -> None:
        _, verb, *names = message.subject.split(".")
        if not self._may_answer(message.reply):
            return
        for name, (service, since) in self._services.items():
            if names and names[0] != name:
                continue
            answer = self._answer(verb, service, since)
            if answer is not None:
                self._reply(message.reply, answer)

    def _may_answer(self, reply: str) -> bool:
        """Whoever asks must not make this host speak where it may not itself."""
        return bool(reply) and not reply.startswith(("$", f"{self._subjects.prefix}."))

    def _reply(self, subject: str, answer: _Answer) -> None:
        try:
            self._transport.publish(subject, json.dumps(answer.to_dict()).encode())
        except FusionError as problem:  # it is too long, or the subject is none
            self._seldom.warning("the discovery by %s was not answered: %s", subject, problem)

    # -- answers --

    def _answer(self, verb: str, service: Announced, since: datetime) -> _Answer | None:
        version = f"{service.version or 0}.0.0"
        identity: dict[str, Any] = {"id": self._iid, "name": service.name, "version": version}
        match verb:
            case ServiceVerb.PING:
                return ServicePing(**identity)
            case ServiceVerb.INFO:
                about = f"{service.name}, a service of fusionrt"
                endpoints = list(self._infos(service))
                return ServiceInfo(**identity, description=about, endpoints=endpoints)
            case ServiceVerb.STATS:
                stats = list(self._stats(service))
                return ServiceStats(**identity, started=since, endpoints=stats)
        return None

    def _infos(self, service: Announced) -> Iterator[EndpointInfo]:
        subject = self._subjects.hosts(service.name)
        for method, kind in service.methods.items():
            yield EndpointInfo(method, subject, "hosts", {"kind": kind.value})

    def _stats(self, service: Announced) -> Iterator[EndpointStats]:
        told = self._newest()
        requests = service.requests()
        shared = _of_service(told, service.name)
        subject = self._subjects.hosts(service.name)
        for method, kind in service.methods.items():
            key = CallKey(service.name, method, kind, Side.HOST)
            measured = told.measured.calls if told.measured is not None else {}
            calls = measured.get(key, _NEVER_CALLED)
            taken = int(calls.seconds * 1e9)
            yield EndpointStats(
                name=method,
                subject=subject,
                queue_group="hosts",
                num_requests=requests.get(method, 0),
                num_errors=calls.errors,
                processing_time=taken,
                average_processing_time=taken // calls.calls if calls.calls else 0,
                data={"kind": kind.value, **_of_method(told, service.name, method, kind), **shared},
            )

    def _newest(self) -> HostStatistics:
        """They look at every result: whoever asks very often gets the same once more."""
        if self._told is None or self._now() - self._told_at > FRESH:
            self._told, self._told_at = self._statistics(), self._now()
        return self._told


def _of_method(
    told: HostStatistics, service: str, method: str, kind: CallKind
) -> Mapping[str, int]:
    if kind is not CallKind.COMPUTE:
        return {}
    counts = told.graph.methods.get(f"{service}.{method}", MethodStatistics())
    return {"hits": counts.hits, "misses": counts.misses, "bodies": counts.bodies}


def _of_service(told: HostStatistics, service: str) -> Mapping[str, Any]:
    """Counts; who its clients are is nobody's business (D28)."""
    responder = told.services[service]
    return {
        "service": {
            "sessions": len(responder.sessions),
            "registrations": responder.held,
            "running": responder.gate.running,
            "waiting": responder.gate.waiting,
            "streams": responder.streams,
            "refused": responder.gate.refused,
        }
    }
