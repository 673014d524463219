"""`Lot`: plain calls that are made alike in one turn of the loop, and what they wait for.

Their books are kept together. A call of a lot has nothing of its own but the future that its caller
awaits; it becomes a `Pending` where something happens to it alone: it fails, is given up, or is to
be made anew.
"""

from __future__ import annotations

import asyncio
import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import compress, repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from ...wire.runs import SLACK
from .answer import Ask, Pending
from .joining import Joining

if TYPE_CHECKING:
    from .session import Session

__all__ = ["Lot", "Lots"]


class Lot(Joining):
    """Calls of one `Ask`, with ids in a row once the lot is closed.

    deadline: the last of theirs; they differ by no more than a run's. opened: the first.
    first: the id of the first one. left: how many have no answer.
    """

    __slots__ = ("_own", "_session", "ask", "first", "left", "opened")

    def __init__(self, session: Session, ask: Ask, room: int) -> None:
        """room: so many calls need not wait for others."""
        self.answers = []
        self.arguments = []
        self.loop = asyncio.get_running_loop()
        self.now = session.now
        self.room = room
        self.timeout = ask.timeout
        self.opened: Final = session.now() + ask.timeout
        self.deadline = self.opened
        self.latest = self.opened + SLACK
        self.ask: Final = ask
        self.first = self.left = 0
        self._session: Final = session
        self._own: dict[int, Pending] = {}

    def give_up(self, index: int, answer: asyncio.Future[Any]) -> None:
        """As its base: its host stops (D19)."""
        self._session.close_lot()
        self.pending(self.first + index, answer).give_up()

    def pending(self, id: int, answer: asyncio.Future[Any]) -> Pending:
        """A call by itself, from here on."""
        own = self._own.get(id)
        if own is None:
            arguments, due = self.arguments[id - self.first], self.deadline
            own = Pending(self.ask, arguments, due, "", answer, due, None, self._session, id)
            self._own[id] = own
        return own


_first: Final = attrgetter("first")


class Lots:
    """The calls of lots that have no answer, by their ids."""

    def __init__(self) -> None:
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._lots: list[Lot] = []

    def __len__(self) -> int:
        return len(self._answers)

    @property
    def timed(self) -> int:
        """How many of them are over at some time, at the latest."""
        return sum(lot.left for lot in self._lots if lot.deadline < math.inf)

    def add(self, lot: Lot) -> None:
        """A lot was closed: its calls have ids."""
        answers, lot.answers = lot.answers, []
        lot.left = len(answers)
        self._answers.update(zip(range(lot.first, lot.first + lot.left), answers, strict=True))
        self._lots.append(lot)

    def find(self, id: int) -> Pending | None:
        """One of them, by itself."""
        answer = self._answers.get(id)
        return None if answer is None else self._of(id).pending(id, answer)

    def pop(self, id: int) -> Pending | None:
        """The same, which is over."""
        found = self.find(id)
        if found is not None:
            del self._answers[id]
            self._left(self._of(id), 1)
        return found

    def take(self, ids: Sequence[int]) -> tuple[Ask | None, list[asyncio.Future[Any] | None]]:
        """What is awaited of calls of one `Ask` that are over. None: such a one is of no lot."""
        found = list(map(self._answers.pop, ids, repeat(None)))
        known = ids if all(found) else [*compress(ids, found)]
        if not known:
            return None, found
        lot = self._of(known[0])
        if lot.first <= min(known) and max(known) < lot.first + len(lot.arguments):
            self._left(lot, len(known))
        else:
            for id in known:
                self._left(self._of(id), 1)
        return lot.ask, found

    def late(self, now: float) -> list[Pending]:
        """Whose callers have waited long enough."""
        lots = [lot for lot in self._lots if lot.deadline <= now]
        ids = (id for lot in lots for id in range(lot.first, lot.first + len(lot.arguments)))
        return [call for id in ids if (call := self.find(id)) is not None]

    def next_due(self) -> float:
        """When the first of them have."""
        return min((lot.deadline for lot in self._lots), default=math.inf)

    def all(self) -> dict[int, Pending]:
        """All of them, each by itself."""
        return {id: self._of(id).pending(id, answer) for id, answer in self._answers.items()}

    def clear(self) -> None:
        """Forget them."""
        self._answers.clear()
        self._lots.clear()

    def _of(self, id: int) -> Lot:
        return self._lots[bisect_right(self._lots, id, key=_first) - 1]

    def _left(self, lot: Lot, calls: int) -> None:
        lot.left -= calls
        if not lot.left:
            self._lots.remove(lot)
