"""`Work`: the calls of one frame whose bodies are to run, and `Line`: those of one client."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from ...wire.frames import Kind
from .servant import Answer, Bodies, Replies

if TYPE_CHECKING:
    from .waiting import Waiting

__all__ = ["Client", "Line", "Work"]


class Client(Replies, Protocol):
    """For whom calls are run: it is told what becomes of them."""

    def failed(self, error: BaseException) -> Answer:
        """What is told of a fault in what runs a body."""

    def waits(self, waiting: Waiting) -> None:
        """Bodies that have tasks of their own."""

    def stopped(self, ids: Iterable[int]) -> None:
        """Bodies that had tasks of their own have ended."""

    def over(self, work: Work) -> None:
        """None of its calls is left."""

    def refuse(self, work: Work, ids: Sequence[int], retry_after: float) -> None:
        """Calls cannot be served in time; they may be in so many seconds (D27)."""

    def late(self, work: Work) -> None:
        """Its time is up: to be dropped."""


class Line:
    """The calls of one client that wait for their turn, in their order.

    principal: of the client. calls: how many they are.
    """

    __slots__ = ("calls", "principal", "works")

    def __init__(self, principal: str = "") -> None:
        self.principal: Final = principal
        self.works: deque[Work] = deque()
        self.calls = 0


class Work:
    """Calls of one frame.

    todo: those that did not begin; they stand in line. counted: how many of them the line knows.
    waiting: those whose bodies wait. body, answer, fault: see `Bodies`.
    bytes: of the arguments of each, about.
    due: when their time is up. seconds: how long it was.
    is_timed: whether they fail then. A compute call does not: others may have joined it, and its
        client cancels it when the last of them leaves.
    """

    __slots__ = (
        "answer",
        "body",
        "bytes",
        "client",
        "counted",
        "due",
        "fault",
        "first",
        "is_timed",
        "kind",
        "last",
        "line",
        "method",
        "seconds",
        "todo",
        "waiting",
    )

    def __init__(
        self, client: Client, line: Line, kind: Kind, method: int, bodies: Bodies, due: float
    ) -> None:
        self.client: Final = client
        self.line: Final = line
        self.kind: Final = kind
        self.is_timed: Final = kind is not Kind.COMPUTE
        self.method: Final = method
        self.body: Final = bodies.body
        self.answer: Final = bodies.answer
        self.fault: Final = bodies.failed
        self.todo: deque[tuple[int, tuple[Any, ...]]] = deque(
            zip(bodies.ids, bodies.arguments, strict=True)
        )
        self.first: Final = bodies.ids[0]
        self.last: Final = bodies.ids[-1]
        self.counted = 0
        self.bytes = 0
        self.waiting: Final[set[Waiting]] = set()
        self.due: Final = due
        self.seconds = 0.0

    @property
    def open(self) -> int:
        """Calls that have no answer."""
        return len(self.todo) + sum(len(waiting.tasks) for waiting in self.waiting)

    @property
    def bodies(self) -> list[int]:
        """The ids of those whose bodies wait."""
        return [id for waiting in self.waiting for id in waiting.tasks]

    def drop(self, id: int) -> None:
        """Nobody waits for a call any more, if it did not begin."""
        rest = [call for call in self.todo if call[0] != id]
        self.todo.clear()
        self.todo.extend(rest)

    def drop_all(self) -> list[int]:
        """Those that did not begin never will: which they are."""
        ids = [id for id, _ in self.todo]
        self.todo.clear()
        return ids

    def drop_last(self, most: int) -> list[int]:
        """So many from the end never begin: which they are."""
        ids = [self.todo.pop()[0] for _ in range(most)]
        return ids[::-1]

    def failed(self, error: Exception) -> Answer:
        """What is told of an error of a body, or of its answer."""
        try:
            return self.fault(error)
        except Exception as fault:
            return self.client.failed(fault)

    def take(self, most: int) -> list[tuple[int, tuple[Any, ...]]]:
        """So many, or all that are left, begin."""
        take = self.todo.popleft
        return [take() for _ in range(min(most, len(self.todo)))]

    def say(self, ended: Mapping[int, bytes | Answer]) -> None:
        """Bodies, by their ids, came to this."""
        results, others = cast(Mapping[int, bytes], ended), list[tuple[int, Answer]]()
        if Answer in map(type, ended.values()):
            others = [(id, each) for id, each in ended.items() if isinstance(each, Answer)]
            results = {id: each for id, each in ended.items() if isinstance(each, bytes)}
        self.say_all([*results], [*results.values()], others)

    def say_all(
        self, ids: Sequence[int], payloads: Sequence[bytes], answers: Sequence[tuple[int, Answer]]
    ) -> None:
        """Some bodies came to results, and some to other answers."""
        if ids:
            self.client.results(self.kind, self.method, ids, payloads)
        if answers:
            self.client.answers(self.kind, self.method, answers)
