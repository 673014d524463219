"""The engine: computeds, their tables, invalidation and states (LAWS G1 to G40)."""

from ._core.changes import Changes, is_in_vain
from ._core.computed import Computed
from ._core.current import Current, current
from ._core.cycles import awaited_by, way_between
from ._core.fetch_hot import fetch_hot
from ._core.function import Function
from ._core.hit import HotTable, new_hot_table
from ._core.inner import (
    arguments_of,
    function_of,
    innermost_computed,
    is_awaited,
    is_limited,
    key_of,
    leases_of,
    listen,
    made_from,
    unlisten,
    value_of,
)
from ._core.invalidate import invalidate, mark, notify
from ._core.leases import Lease, lean
from ._core.scope import SCOPE, Isolated, Scope, Uncached, isolated, recompute, run_in
from ._core.suspension import on_turn
from ._core.unused import let_unused_go
from .consolidate import ConsolidatingFunction, kind_of
from .delayer import FixedDelayer, UpdateDelayer
from .equality import is_same
from .events import Event, EventKind, EventLog
from .failures import Classifier, is_transient
from .graph import MAX_COMPUTEDS, Graph
from .home import AT_HOME, at_home
from .insight.diagram import DiagramFormat
from .insight.explain import Explanation
from .insight.inspection import Inspector, inspect_ending, inspectors
from .insight.statistics import MethodStatistics, Statistics
from .origin import Origin, OriginKind, calling_line
from .rooted import Rooted
from .running import running_graph
from .state import CONSISTENT, State
from .states.computed_state import ComputedState
from .states.mutable_state import ComputedNode, MutableState, computed
from .targets import Target, Targets
from .texts import call_text, repr_of, str_of

__all__ = [
    "AT_HOME",
    "CONSISTENT",
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
    "HotTable",
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
    "arguments_of",
    "at_home",
    "awaited_by",
    "call_text",
    "calling_line",
    "computed",
    "current",
    "fetch_hot",
    "function_of",
    "innermost_computed",
    "inspect_ending",
    "inspectors",
    "invalidate",
    "is_awaited",
    "is_in_vain",
    "is_limited",
    "is_same",
    "is_transient",
    "isolated",
    "key_of",
    "kind_of",
    "lean",
    "leases_of",
    "let_unused_go",
    "listen",
    "made_from",
    "mark",
    "new_hot_table",
    "notify",
    "on_turn",
    "recompute",
    "repr_of",
    "run_in",
    "running_graph",
    "str_of",
    "unlisten",
    "value_of",
    "way_between",
]
