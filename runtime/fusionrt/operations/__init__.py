"""Commands: run once, collect the keys that they invalidate, apply them at the end."""

from .command import CommandScope, run_command
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
    "run_command",
]
