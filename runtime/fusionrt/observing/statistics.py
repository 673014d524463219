"""`host.statistics()`: what metrics, dashboards and discovery are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ..graph import Statistics
from ..interceptors import CallKind, Side
from ..operations import LogStatistics
from ..rpc import CallerStatistics, OutletStatistics, ResponderStatistics
from ..shards import OwnershipStatistics
from ..transport import TransportStatistics

__all__ = ["CallKey", "CallStatistics", "HostStatistics", "Measured", "WasteKey"]


class CallKey(NamedTuple):
    """Calls of one method: on the host's side bodies that ran, on the client's side calls made."""

    service: str
    method: str
    kind: CallKind
    side: Side


@dataclass(frozen=True, slots=True)
class CallStatistics:
    """What became of calls that have ended; those that were cancelled are no errors.

    overloads: how many of the errors were `Overloaded`. seconds: of all of them together.
    """

    calls: int
    errors: int
    overloads: int
    seconds: float


class WasteKey(NamedTuple):
    """Bodies that ran again with an equal result.

    cause: the command whose invalidation made them run, `carts.put`; otherwise the kind of origin.
    """

    service: str
    method: str
    cause: str


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of a host that measures: `Host(metrics=True)`.

    loop_lag: seconds by which the event loop was late when it was looked at last; see `Meter`.
    """

    calls: Mapping[CallKey, CallStatistics]
    wasted: Mapping[WasteKey, int]
    loop_lag: float


@dataclass(frozen=True, slots=True)
class HostStatistics:
    """What a host did, and what it holds now.

    graph: the cache. transport: the connection. services: what is done for the clients of each
        service that is served here, by its name. shards: what is owned of those that are sharded.
        outlet: what is to be sent to them. caller: what its own clients do, by service, in
        `caller.peers`. interceptors: by service, the names of those around its bodies, the
        outermost first. measured: None unless the host measures. log: None of a host without one.
    """

    graph: Statistics
    transport: TransportStatistics
    services: Mapping[str, ResponderStatistics]
    shards: Mapping[str, OwnershipStatistics]
    outlet: OutletStatistics
    caller: CallerStatistics
    interceptors: Mapping[str, tuple[str, ...]]
    measured: Measured | None = None
    log: LogStatistics | None = None
