"""The engine: computeds, their tables, invalidation and states (LAWS G1 to G36)."""

from .changes import Changes
from .computed import Computed, Hit
from .consolidate import ConsolidatingFunction
from .current import Current, current
from .events import Event, EventKind, EventLog
from .function import Function
from .graph import MAX_COMPUTEDS, Graph, running_graph
from .invalidate import invalidate, notify
from .leases import Lease, lean
from .origin import Origin, OriginKind, calling_line
from .scope import SCOPE, Scope, isolated
from .state import State
from .states import ComputedState, MutableState
from .targets import Target, Targets

__all__ = [
    "MAX_COMPUTEDS",
    "SCOPE",
    "Changes",
    "Computed",
    "ComputedState",
    "ConsolidatingFunction",
    "Current",
    "Event",
    "EventKind",
    "EventLog",
    "Function",
    "Graph",
    "Hit",
    "Lease",
    "MutableState",
    "Origin",
    "OriginKind",
    "Scope",
    "State",
    "Target",
    "Targets",
    "calling_line",
    "current",
    "invalidate",
    "isolated",
    "lean",
    "notify",
    "running_graph",
]
