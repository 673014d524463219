"""Commands: run once, collect the keys that they invalidate, apply them at the end."""

from .applying import Applier
from .command import CommandScope, check_not_reading, read_fresh, run_command
from .committing import Committer, HostCommitter, LocalCommitter
from .current import CurrentOperation, operation
from .jetstream import JetStreamLog
from .log import Follower, LogStatistics, OpenLog, OperationLog
from .nudges import Nudges
from .operation import Fate, Key, Operation, apply, checked_id
from .reflection import Reflection
from .stored import StoredKey, StoredOperation, stored

__all__ = [
    "Applier",
    "CommandScope",
    "Committer",
    "CurrentOperation",
    "Fate",
    "Follower",
    "HostCommitter",
    "JetStreamLog",
    "Key",
    "LocalCommitter",
    "LogStatistics",
    "Nudges",
    "OpenLog",
    "Operation",
    "OperationLog",
    "Reflection",
    "StoredKey",
    "StoredOperation",
    "apply",
    "check_not_reading",
    "checked_id",
    "operation",
    "read_fresh",
    "run_command",
    "stored",
]
