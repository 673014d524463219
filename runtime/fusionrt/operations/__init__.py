"""Commands: run once, collect the keys that they invalidate, apply them at the end."""

from .command import CommandScope, read_fresh, run_command
from .nudges import Nudges
from .operation import Key, MemoryLog, Operation, OperationLog, apply

__all__ = [
    "CommandScope",
    "Key",
    "MemoryLog",
    "Nudges",
    "Operation",
    "OperationLog",
    "apply",
    "read_fresh",
    "run_command",
]
