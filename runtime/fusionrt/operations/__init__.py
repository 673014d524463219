"""Commands: run once, collect the keys that they invalidate, apply them at the end."""

from .applying import Applier
from .command import CommandScope, check_not_reading, given_id, read_fresh, run_command
from .committing import Committer, HostCommitter, LocalCommitter
from .current import CurrentOperation, operation
from .jetstream import JetStreamLog
from .lagging import LAG, tell_of_lag
from .log import Follower, LogStatistics, OpenLog, OperationLog
from .looking import Looking
from .nudges import Nudges
from .once import apart
from .operation import Fate, Key, Operation, apply, checked_id, owned_id
from .outbox import TRIES, Conflict, EventHandler, NewEvent, Outbox, event_name
from .reflection import Reflection
from .relay import relay
from .stored import StoredKey, StoredOperation, stored

__all__ = [
    "LAG",
    "TRIES",
    "Applier",
    "CommandScope",
    "Committer",
    "Conflict",
    "CurrentOperation",
    "EventHandler",
    "Fate",
    "Follower",
    "HostCommitter",
    "JetStreamLog",
    "Key",
    "LocalCommitter",
    "LogStatistics",
    "Looking",
    "NewEvent",
    "Nudges",
    "OpenLog",
    "Operation",
    "OperationLog",
    "Outbox",
    "Reflection",
    "StoredKey",
    "StoredOperation",
    "apart",
    "apply",
    "check_not_reading",
    "checked_id",
    "event_name",
    "given_id",
    "operation",
    "owned_id",
    "read_fresh",
    "relay",
    "run_command",
    "stored",
    "tell_of_lag",
]
