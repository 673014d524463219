"""The engine: computeds, their tables, invalidation and states (LAWS G1 to G36)."""

from .changes import Changes, is_in_vain
from .computed import Computed
from .computed_state import ComputedState
from .consolidate import ConsolidatingFunction, kind_of
from .current import Current, current
from .delay import FixedDelayer, UpdateDelayer
from .events import Event, EventKind, EventLog
from .explain import Explanation
from .export import DiagramFormat
from .failures import Classifier, is_transient
from .function import Function
from .graph import MAX_COMPUTEDS, Graph
from .hit import Hit
from .home import AT_HOME, at_home
from .inspection import Inspector, inspect_ending, inspectors
from .invalidate import invalidate, notify
from .leases import Lease, lean
from .origin import Origin, OriginKind, calling_line
from .recompute import recompute
from .rooted import Rooted
from .running import running_graph
from .scope import SCOPE, Isolated, Scope, Uncached, isolated, run_in
from .state import State
from .states import ComputedNode, MutableState, computed
from .statistics import MethodStatistics, Statistics
from .targets import Target, Targets
from .texts import call_text, repr_of, str_of

__all__ = [
    "AT_HOME",
    "MAX_COMPUTEDS",
    "SCOPE",
    "Changes",
    "Classifier",
    "Computed",
    "ComputedNode",
    "ComputedState",
    "ConsolidatingFunction",
    "Current",
    "DiagramFormat",
    "Event",
    "EventKind",
    "EventLog",
    "Explanation",
    "FixedDelayer",
    "Function",
    "Graph",
    "Hit",
    "Inspector",
    "Isolated",
    "Lease",
    "MethodStatistics",
    "MutableState",
    "Origin",
    "OriginKind",
    "Rooted",
    "Scope",
    "State",
    "Statistics",
    "Target",
    "Targets",
    "Uncached",
    "UpdateDelayer",
    "at_home",
    "call_text",
    "calling_line",
    "computed",
    "current",
    "inspect_ending",
    "inspectors",
    "invalidate",
    "is_in_vain",
    "is_transient",
    "isolated",
    "kind_of",
    "lean",
    "notify",
    "recompute",
    "repr_of",
    "run_in",
    "running_graph",
    "str_of",
]
