"""Commands: run once, collect the keys that they invalidate, apply them at the end."""

from .command import CommandScope, check_not_reading, read_fresh, run_command
from .nudges import Nudges
from .operation import Key, MemoryLog, Operation, OperationLog, apply
from .reflection import Reflection

__all__ = [
    "CommandScope",
    "Key",
    "MemoryLog",
    "Nudges",
    "Operation",
    "OperationLog",
    "Reflection",
    "apply",
    "check_not_reading",
    "read_fresh",
    "run_command",
]
