"""The runtime of services that `fusiongen` generates: caching and real-time updates over NATS.

A module of contracts needs little of it, and is imported by whoever shares their types; the rest is
imported when it is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from .contract import (
    ANY,
    ComputeOptions,
    Secret,
    command,
    compute,
    idempotent,
    oneway,
    service,
    stream,
)
from .errors import (
    AbiMismatch,
    ArgumentError,
    AuthorizationFailed,
    BadCredentials,
    BadOperation,
    BrokerUnavailable,
    CacheUnavailable,
    CallTimeout,
    ClockError,
    CommandInComputeError,
    CycleError,
    EventExists,
    ForeignCancellation,
    FrameworkError,
    FusionError,
    JetStreamUnavailable,
    KeyRefused,
    LogMissing,
    MissingPackage,
    MissingTables,
    NotBoundError,
    NotInCommand,
    NotPermitted,
    OldTables,
    OutboxMissing,
    OutcomeUnknown,
    Overloaded,
    PortTaken,
    Refused,
    RemoteError,
    RemoteUnavailable,
    ServiceDisposed,
    SessionUsed,
    StaleCode,
    UnknownShard,
    UnsupportedType,
    WireError,
    WrongThread,
)
from .native import compiled, freeze

if TYPE_CHECKING:
    from .cache import ClientCache
    from .graph import (
        Computed,
        ComputedNode,
        ComputedState,
        Current,
        Event,
        EventKind,
        Explanation,
        FixedDelayer,
        Graph,
        MethodStatistics,
        MutableState,
        Origin,
        OriginKind,
        State,
        Statistics,
        UpdateDelayer,
        computed,
        current,
        is_transient,
        isolated,
        running_graph,
    )
    from .host import Host
    from .identity import Principal, Session
    from .interceptors import Call, CallKind, Interceptor, Next, Side
    from .observing.health import Dependency, Health
    from .observing.statistics import CallKey, CallStatistics, HostStatistics, Measured, WasteKey
    from .operations import JetStreamLog, LogStatistics, OperationLog, operation
    from .remote.stream import skipped
    from .shards import OwnershipStatistics, fencing_token
    from .transport.credentials import Credentials
    from .wire.limits import Quota

__all__ = [
    "ANY",
    "AbiMismatch",
    "ArgumentError",
    "AuthorizationFailed",
    "BadCredentials",
    "BadOperation",
    "BrokerUnavailable",
    "CacheUnavailable",
    "Call",
    "CallKey",
    "CallKind",
    "CallStatistics",
    "CallTimeout",
    "ClientCache",
    "ClockError",
    "CommandInComputeError",
    "ComputeOptions",
    "Computed",
    "ComputedNode",
    "ComputedState",
    "Credentials",
    "Current",
    "CycleError",
    "Dependency",
    "Event",
    "EventExists",
    "EventKind",
    "Explanation",
    "FixedDelayer",
    "ForeignCancellation",
    "FrameworkError",
    "FusionError",
    "Graph",
    "Health",
    "Host",
    "HostStatistics",
    "Interceptor",
    "JetStreamLog",
    "JetStreamUnavailable",
    "KeyRefused",
    "LogMissing",
    "LogStatistics",
    "Measured",
    "MethodStatistics",
    "MissingPackage",
    "MissingTables",
    "MutableState",
    "Next",
    "NotBoundError",
    "NotInCommand",
    "NotPermitted",
    "OldTables",
    "OperationLog",
    "Origin",
    "OriginKind",
    "OutboxMissing",
    "OutcomeUnknown",
    "Overloaded",
    "OwnershipStatistics",
    "PortTaken",
    "Principal",
    "Quota",
    "Refused",
    "RemoteError",
    "RemoteUnavailable",
    "Secret",
    "ServiceDisposed",
    "Session",
    "SessionUsed",
    "Side",
    "StaleCode",
    "State",
    "Statistics",
    "UnknownShard",
    "UnsupportedType",
    "UpdateDelayer",
    "WasteKey",
    "WireError",
    "WrongThread",
    "command",
    "compiled",
    "compute",
    "computed",
    "current",
    "fencing_token",
    "freeze",
    "idempotent",
    "is_transient",
    "isolated",
    "oneway",
    "operation",
    "running_graph",
    "service",
    "skipped",
    "stream",
]

_LATER = {
    "cache": "ClientCache",
    "graph": (
        "Computed ComputedNode ComputedState Current Event EventKind Explanation FixedDelayer "
        "Graph MethodStatistics MutableState Origin OriginKind State Statistics UpdateDelayer "
        "computed current is_transient isolated running_graph"
    ),
    "host": "Host",
    "identity": "Principal Session",
    "interceptors": "Call CallKind Interceptor Next Side",
    "observing.health": "Dependency Health",
    "observing.statistics": "CallKey CallStatistics HostStatistics Measured WasteKey",
    "operations": "JetStreamLog LogStatistics OperationLog operation",
    "remote.stream": "skipped",
    "shards": "OwnershipStatistics fencing_token",
    "transport.credentials": "Credentials",
    "wire.limits": "Quota",
}
"""By the module that has them."""

if not TYPE_CHECKING:
    _PLACES = {name: module for module, names in _LATER.items() for name in names.split()}

    def __getattr__(name: str) -> object:
        module = _PLACES.get(name)
        if module is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{__name__}.{module}"), name)
        globals()[name] = found
        return found

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
