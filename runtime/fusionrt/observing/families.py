"""Every metric: its name, its unit, its attributes, and where `host.statistics()` has it.

Names and attributes are fixed: dashboards and alarms depend on them. An attribute's values are
names from contracts, or of a closed list: never arguments, principals or instances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from ..interceptors import Side
from ..operations import LogStatistics
from .statistics import CallKey, CallStatistics, HostStatistics

__all__ = ["FAMILIES", "Family", "FamilyKind", "Point"]

Point: TypeAlias = tuple[tuple[str, ...], float]
"""The values of the attributes, and the metric's."""
_Read: TypeAlias = Callable[[HostStatistics], Iterable[Point]]


class FamilyKind(StrEnum):
    """Whether a value only grows."""

    COUNTER = "counter"
    GAUGE = "gauge"


class Family(NamedTuple):
    """One metric, in as many series as its attributes have values.

    name: OpenTelemetry's; `prometheus` makes the other one. unit: in UCUM.
    """

    name: str
    kind: FamilyKind
    unit: str
    attributes: tuple[str, ...]
    description: str
    read: _Read

    @property
    def prometheus(self) -> str:
        """Its name there: with its unit, and `_total` if it only grows."""
        parts = [self.name.replace(".", "_")]
        if self.unit == "s":
            parts.append("seconds")
        if self.kind is FamilyKind.COUNTER:
            parts.append("total")
        return "_".join(parts)


def _hits(told: HostStatistics) -> Iterator[Point]:
    for name, counts in told.graph.methods.items():
        yield _split(name), counts.hits


def _misses(told: HostStatistics) -> Iterator[Point]:
    for name, counts in told.graph.methods.items():
        yield _split(name), counts.misses


def _split(name: str) -> tuple[str, str]:
    service, _, method = name.partition(".")
    return service, method


def _calls(side: Side, value: Callable[[CallStatistics], float]) -> _Read:
    def read(told: HostStatistics) -> Iterator[Point]:
        for key, calls in _measured(told):
            if key.side is side:
                yield (key.service, key.method, key.kind.value), value(calls)

    return read


def _measured(told: HostStatistics) -> Iterable[tuple[CallKey, CallStatistics]]:
    return () if told.measured is None else told.measured.calls.items()


def _wasted(told: HostStatistics) -> Iterator[Point]:
    if told.measured is not None:
        yield from told.measured.wasted.items()


def _invalidations(told: HostStatistics) -> Iterator[Point]:
    for kind, count in told.graph.invalidated.items():
        yield (kind.value,), count


def _results(told: HostStatistics) -> Iterator[Point]:
    graph = told.graph
    yield ("kept",), graph.kept
    yield ("held",), graph.held
    yield ("computing",), graph.computing


def _evictions(told: HostStatistics) -> Iterator[Point]:
    yield (), told.graph.evicted


def _edges(told: HostStatistics) -> Iterator[Point]:
    yield (), told.graph.edges


def _replicas(told: HostStatistics) -> Iterator[Point]:
    for service, peer in told.caller.peers.items():
        yield (service,), peer.held


def _registrations(told: HostStatistics) -> Iterator[Point]:
    for service, responder in told.services.items():
        yield (service,), responder.held


def _sessions(told: HostStatistics) -> Iterator[Point]:
    for service, responder in told.services.items():
        yield (service, Side.HOST.value), len(responder.sessions)
    for service, peer in told.caller.peers.items():
        yield (service, Side.CLIENT.value), len(peer.sessions)


def _pending(told: HostStatistics) -> Iterator[Point]:
    for service, responder in told.services.items():
        gate = responder.gate
        yield (service, Side.HOST.value), gate.running + gate.waiting + responder.streams
    for service, peer in told.caller.peers.items():
        yield (service, Side.CLIENT.value), peer.calls


def _overloads(told: HostStatistics) -> Iterator[Point]:
    for service, responder in told.services.items():
        yield (service, Side.HOST.value), responder.gate.refused
    if told.measured is None:  # calls that others refused are not known
        return
    clients = {service: peer.refused for service, peer in told.caller.peers.items()}
    for key, calls in _measured(told):
        if key.side is Side.CLIENT:
            clients[key.service] += calls.overloads
    for service, count in clients.items():
        yield (service, Side.CLIENT.value), count


def _lag(told: HostStatistics) -> Iterator[Point]:
    for service, peer in told.caller.peers.items():
        if peer.sessions:
            yield (service,), max(session.unproven for session in peer.sessions)


def _loop_lag(told: HostStatistics) -> Iterator[Point]:
    if told.measured is not None:
        yield (), told.measured.loop_lag


def _connected(told: HostStatistics) -> Iterator[Point]:
    yield (), not told.caller.lost_broker


def _messages(told: HostStatistics) -> Iterator[Point]:
    yield ("published",), told.transport.published
    yield ("received",), told.transport.received
    yield ("lost",), told.transport.lost


def _gaps(told: HostStatistics) -> Iterator[Point]:
    yield (), told.transport.gaps


def _reconnects(told: HostStatistics) -> Iterator[Point]:
    yield (), told.transport.reconnects


def _log(value: Callable[[LogStatistics], float]) -> _Read:
    def read(told: HostStatistics) -> Iterator[Point]:
        if told.log is not None:
            yield (), value(told.log)

    return read


_COUNTER, _GAUGE = FamilyKind.COUNTER, FamilyKind.GAUGE
_METHOD = ("service", "method")
_CALL = ("service", "method", "kind")
_SIDE = ("service", "side")

FAMILIES: Final[tuple[Family, ...]] = (
    Family(
        *("fusion.cache.hits", _COUNTER, "{read}", _METHOD),
        "Reads of a compute method that the cache answered.",
        _hits,
    ),
    Family(
        *("fusion.cache.misses", _COUNTER, "{read}", _METHOD),
        "Reads of a compute method that ran a body, asked a host, or waited for either.",
        _misses,
    ),
    Family(
        *("fusion.cache.results", _GAUGE, "{result}", ("state",)),
        "Results that are kept, not kept but held by somebody, or computing.",
        _results,
    ),
    Family(
        *("fusion.cache.edges", _GAUGE, "{edge}", ()),
        "Dependencies between results.",
        _edges,
    ),
    Family(
        *("fusion.cache.evictions", _COUNTER, "{result}", ()),
        "Results that were let go to make room.",
        _evictions,
    ),
    Family(
        *("fusion.bodies", _COUNTER, "{body}", _CALL),
        "Bodies that ran here, whoever called them.",
        _calls(Side.HOST, lambda calls: calls.calls),
    ),
    Family(
        *("fusion.bodies.duration", _COUNTER, "s", _CALL),
        "The seconds of these bodies, waiting included.",
        _calls(Side.HOST, lambda calls: calls.seconds),
    ),
    Family(
        *("fusion.bodies.errors", _COUNTER, "{body}", _CALL),
        "Bodies that raised an exception.",
        _calls(Side.HOST, lambda calls: calls.errors),
    ),
    Family(
        *("fusion.recomputations.wasted", _COUNTER, "{body}", (*_METHOD, "cause")),
        "Bodies that ran again with an equal result, by the command, or the kind of origin, that "
        "invalidated the last one.",
        _wasted,
    ),
    Family(
        *("fusion.invalidations", _COUNTER, "{result}", ("origin",)),
        "Results that were invalidated, by the kind of the first cause.",
        _invalidations,
    ),
    Family(
        *("fusion.client.calls", _COUNTER, "{call}", _CALL),
        "Calls of other processes that have ended.",
        _calls(Side.CLIENT, lambda calls: calls.calls),
    ),
    Family(
        *("fusion.client.calls.duration", _COUNTER, "s", _CALL),
        "The seconds of these calls.",
        _calls(Side.CLIENT, lambda calls: calls.seconds),
    ),
    Family(
        *("fusion.client.calls.errors", _COUNTER, "{call}", _CALL),
        "Calls of other processes that raised an exception.",
        _calls(Side.CLIENT, lambda calls: calls.errors),
    ),
    Family(
        *("fusion.sessions", _GAUGE, "{session}", _SIDE),
        "Sessions with clients of a service here, and with hosts of a service elsewhere.",
        _sessions,
    ),
    Family(
        *("fusion.replicas", _GAUGE, "{result}", ("service",)),
        "Results that hosts hold for this process.",
        _replicas,
    ),
    Family(
        *("fusion.registrations", _GAUGE, "{result}", ("service",)),
        "Results that are held here for clients.",
        _registrations,
    ),
    Family(
        *("fusion.pending", _GAUGE, "{call}", _SIDE),
        "Calls and streams that run or wait here, and those that wait for an answer.",
        _pending,
    ),
    Family(
        *("fusion.overloads", _COUNTER, "{call}", _SIDE),
        "Calls that were refused here, and calls of others that ended in `Overloaded`.",
        _overloads,
    ),
    Family(
        *("fusion.lag", _GAUGE, "s", ("service",)),
        "The age of the last proof that a service's replicas here are fresh.",
        _lag,
    ),
    Family(
        *("fusion.loop.lag", _GAUGE, "s", ()),
        "How late the event loop was when it was looked at last.",
        _loop_lag,
    ),
    Family(
        *("fusion.broker.connected", _GAUGE, "1", ()),
        "1 while there is a connection to the broker, else 0.",
        _connected,
    ),
    Family(
        *("fusion.messages", _COUNTER, "{message}", ("outcome",)),
        "Messages that were published, received, or lost for want of a connection.",
        _messages,
    ),
    Family(
        *("fusion.gaps", _COUNTER, "{gap}", ()),
        "Overflows of a subscription, each of which lost messages.",
        _gaps,
    ),
    Family(
        *("fusion.reconnects", _COUNTER, "{connection}", ()),
        "Connections to the broker that replaced a lost one.",
        _reconnects,
    ),
    Family(
        *("fusion.log.stored", _COUNTER, "{operation}", ()),
        "Operations that this host stored in its log.",
        _log(lambda log: log.stored),
    ),
    Family(
        *("fusion.log.applied", _COUNTER, "{operation}", ()),
        "Operations of other hosts that were read from the log and applied.",
        _log(lambda log: log.applied),
    ),
    Family(
        *("fusion.log.retried", _COUNTER, "{attempt}", ()),
        "Attempts of commands that were rolled back and made again.",
        _log(lambda log: log.retried),
    ),
    Family(
        *("fusion.log.dead", _COUNTER, "{event}", ()),
        "Events that this host gave up.",
        _log(lambda log: log.dead),
    ),
    Family(
        *("fusion.log.lag", _GAUGE, "s", ()),
        "The time since this host last knew that it had applied all there was in its log.",
        _log(lambda log: log.lag),
    ),
)
