"""Calls that are made alike, one after the other, travel and are booked together: as a run.

What is alike in them is one object, an `Ask`, that whoever makes the calls keeps: so it costs no
more than a look to see that they are.
"""

from __future__ import annotations

import copy
import math
from bisect import bisect_right
from collections.abc import Mapping
from operator import attrgetter
from typing import Final, NamedTuple, Protocol, Self, TypeAlias

from .frames import Encoding, Kind
from .pace import Pace

__all__ = ["ANYWAY", "SESSION", "Ask", "Asked", "Headers", "Queue", "Request", "Run"]

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""What calls carry beside their arguments: names and values."""

SLACK: Final = 0.005
"""Seconds between the deadlines of the calls of a run, at most: the host is told the last."""


SESSION: Final = "fusion-session"
"""A header: for which browser a gateway makes the call (W1)."""
ANYWAY: Final = ("fusion-anyway", "")
"""A header of compute calls whose caller takes the next result even if it is stale when its body
ends: it has been asked in vain (D23)."""


class Ask:
    """What calls have in common; compared by identity.

    method: `method_id` of its name. timeout: the seconds that each has in all.
    headers: what they carry beside their arguments.
    repeats: whether they may run twice (D13); compute calls always may.
    single: they stream, but one item is all that comes back.
    """

    __slots__ = ("encoding", "headers", "kind", "method", "repeats", "single", "timeout")

    def __init__(
        self,
        kind: Kind,
        method: int,
        *,
        encoding: Encoding = Encoding.MSGPACK,
        timeout: float = math.inf,
        repeats: bool = False,
        single: bool = False,
        headers: Headers = (),
    ) -> None:
        self.kind: Final = kind
        self.method: Final = method
        self.encoding: Final = encoding
        self.timeout: Final = timeout
        self.headers: Headers = headers
        self.repeats: Final = repeats or kind is Kind.COMPUTE
        self.single: Final = single

    def anyway(self) -> Self:
        """The same, for a call that takes what comes."""
        return self.carrying(dict((*self.headers, ANYWAY)))

    def carrying(self, headers: Mapping[str, str]) -> Self:
        """The same, for a call that carries these: its frame is its own."""
        if not headers:
            return self
        ask = copy.copy(self)
        ask.headers = tuple(headers.items())
        return ask


class Asked(Protocol):
    """A call to make.

    deadline: on the clock that the session is told; seconds. operation: see `Calls.operations`.
    """

    @property
    def ask(self) -> Ask: ...
    @property
    def arguments(self) -> bytes: ...
    @property
    def deadline(self) -> float: ...
    @property
    def operation(self) -> str: ...


class Request(NamedTuple):
    """The simplest of these."""

    ask: Ask
    arguments: bytes
    deadline: float
    operation: str = ""


class Run:
    """Calls with ids in a row that share an `Ask`.

    deadline: the last of theirs. opened, latest: that of the first, and how late the last may be.
    identified: whether there is an operation for each of them, or none at all.
    since: when they were sent. pace: what learns from how long they take.
    """

    __slots__ = (
        "arguments",
        "ask",
        "deadline",
        "first",
        "identified",
        "latest",
        "opened",
        "operations",
        "pace",
        "since",
    )

    def __init__(self, ask: Ask, first: int, deadline: float, identified: bool) -> None:
        self.ask: Final = ask
        self.first = first
        self.deadline = deadline
        self.opened = deadline
        self.latest = deadline + SLACK
        self.identified: Final = identified
        self.arguments: list[bytes] = []
        self.operations: list[str] = []
        self.since = 0.0
        self.pace: Pace

    def __len__(self) -> int:
        return len(self.arguments)

    @property
    def ids(self) -> range:
        """The ids of the calls."""
        return range(self.first, self.first + len(self.arguments))

    def cut(self, at: int) -> Run:
        """Keep the first so many calls; the others, as a run of their own."""
        rest = Run(self.ask, self.first + at, self.deadline, self.identified)
        rest.opened, rest.latest = self.opened, self.latest
        rest.arguments, self.arguments = self.arguments[at:], self.arguments[:at]
        rest.operations, self.operations = self.operations[at:], self.operations[:at]
        return rest


_first: Final = attrgetter("first")


class Queue:
    """The calls that wait to be sent, in the order in which they were made.

    last_id: of the newest call; ids rise, and are never used twice in a session.
    """

    __slots__ = ("_count", "_newest", "_runs", "last_id")

    def __init__(self) -> None:
        self.last_id = 0
        self._runs: list[Run] = []
        self._newest: Run | None = None
        """That which the next call may join."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __contains__(self, id: int) -> bool:
        return self._find(id) is not None

    def ids(self) -> list[int]:
        """The ids of all that waits."""
        return [id for run in self._runs for id in run.ids]

    def add(self, request: Asked) -> int:
        """Queue a call: its id."""
        self.last_id = id = self.last_id + 1
        self._count += 1
        run, deadline, operation = self._newest, request.deadline, request.operation
        if (
            run is None
            or run.ask is not request.ask
            or not run.opened <= deadline <= run.latest
            or run.identified is (operation == "")
        ):
            run = self._newest = Run(request.ask, id, deadline, operation != "")
            self._runs.append(run)
        elif deadline > run.deadline:
            run.deadline = deadline
        run.arguments.append(request.arguments)
        if operation:
            run.operations.append(operation)
        return id

    def add_all(self, ask: Ask, arguments: list[bytes], opened: float, deadline: float) -> int:
        """Queue calls that were made alike: the first one's id. opened, deadline: see `Run`."""
        first, run = self.last_id + 1, self._newest
        if (
            run is None
            or run.ask is not ask
            or run.identified
            or not run.opened <= opened <= deadline <= run.latest
        ):
            run = self._newest = Run(ask, first, opened, False)
            self._runs.append(run)
        run.arguments.extend(arguments)
        run.deadline = max(run.deadline, deadline)
        self._count += len(arguments)
        self.last_id += len(arguments)
        return first

    def skip(self) -> int:
        """An id for a call that does not wait."""
        self._newest = None
        self.last_id += 1
        return self.last_id

    def take(self, most: int) -> Run:
        """The first run, or so many calls of it, waits no longer; no call joins one made before."""
        self._newest = None
        run = self._runs[0]
        if len(run) > most:
            self._runs[0] = run.cut(most)
        else:
            del self._runs[0]
        self._count -= len(run)
        return run

    def drop(self, id: int) -> bool:
        """Forget one call; false if it does not wait."""
        index = self._find(id)
        if index is None:
            return False
        run = self._runs[index]
        rest = run.cut(id - run.first)
        after = rest.cut(1)
        self._runs[index : index + 1] = [part for part in (run, after) if part.arguments]
        self._newest = None
        self._count -= 1
        return True

    @property
    def last(self) -> Run:
        """The run that was made last; there is one."""
        return self._runs[-1]

    def shorten(self, calls: int) -> range:
        """Forget so many of the calls of the last run: their ids."""
        self._newest = None
        run = self._runs[-1]
        rest = run.cut(len(run) - calls)
        if not run.arguments:
            self._runs.pop()
        self._count -= calls
        return rest.ids

    def clear(self) -> list[int]:
        """Forget all: their ids."""
        ids = self.ids()
        self._runs.clear()
        self._newest = None
        self._count = 0
        return ids

    def _find(self, id: int) -> int | None:
        index = bisect_right(self._runs, id, key=_first) - 1
        return index if index >= 0 and id in self._runs[index].ids else None
