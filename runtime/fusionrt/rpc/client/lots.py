"""`Lot`: plain calls that are made alike in one turn of the loop, and what they wait for.

Their books are kept together. A call of a lot has nothing of its own but the future that its caller
awaits; it becomes a `Pending` where something happens to it alone: it fails, is given up, or is to
be made anew.
"""

from __future__ import annotations

import asyncio
import math
from bisect import bisect_right
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
    first: the id of the first one; ids: of all. left: how many have no answer.
    """

    __slots__ = ("_own", "_session", "ask", "first", "ids", "left", "opened")

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
        self.ids: tuple[int, ...] = ()
        self._session: Final = session
        self._own: dict[int, Pending] = {}

    def give_up(self, index: int, answer: asyncio.Future[Any]) -> None:
        """As its base: its host stops (D19)."""
        self._session.close_lot()
        self.pending(self.first + index, answer).give_up()

    def take(self, ids: tuple[int, ...]) -> list[asyncio.Future[Any] | None]:
        """What is awaited of some that are over: the first of these, and all that follow it as they
        do here. None: that was over before.
        """
        start = ids[0] - self.first
        end = min(start + len(ids), len(self.ids))
        if ids[: end - start] != self.ids[start:end]:
            end = start + 1
        found, self.answers[start:end] = self.answers[start:end], [None] * (end - start)
        self.left -= len(found) if all(found) else len(found) - found.count(None)
        return found

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
        self._lots: list[Lot] = []

    def __len__(self) -> int:
        return sum(lot.left for lot in self._lots)

    @property
    def timed(self) -> int:
        """How many of them are over at some time, at the latest."""
        return sum(lot.left for lot in self._lots if lot.deadline < math.inf)

    def add(self, lot: Lot) -> None:
        """A lot was closed: its calls have ids."""
        lot.left = len(lot.answers)
        lot.ids = tuple(range(lot.first, lot.first + lot.left))
        self._lots.append(lot)

    def find(self, id: int) -> Pending | None:
        """One of them, by itself."""
        lot = self._of(id)
        answer = None if lot is None else lot.answers[id - lot.first]
        return None if lot is None or answer is None else lot.pending(id, answer)

    def pop(self, id: int) -> Pending | None:
        """The same, which is over."""
        found = self.find(id)
        if found is not None:
            self.take((id,))
        return found

    def take(
        self, ids: tuple[int, ...]
    ) -> tuple[Ask | None, list[asyncio.Future[Any] | None], list[int]]:
        """Calls of one `Ask` are over: what is awaited of each, and the places of those that are of
        no lot.
        """
        ask: Ask | None = None
        found: list[asyncio.Future[Any] | None] = []
        others: list[int] = []
        while rest := ids[len(found) :]:
            lot = self._of(rest[0])
            if lot is None:
                others.append(len(found))
                found.append(None)
                continue
            ask = lot.ask
            found += lot.take(rest)
            if not lot.left:
                self._lots.remove(lot)
        return ask, found, others

    def late(self, now: float) -> list[Pending]:
        """Whose callers have waited long enough."""
        ids = [id for lot in self._lots if lot.deadline <= now for id in lot.ids]
        return [call for id in ids if (call := self.find(id)) is not None]

    def next_due(self) -> float:
        """When the first of them have."""
        return min((lot.deadline for lot in self._lots), default=math.inf)

    def all(self) -> dict[int, Pending]:
        """All of them, each by itself."""
        ids = [id for lot in self._lots for id in lot.ids]
        return {id: call for id in ids if (call := self.find(id)) is not None}

    def clear(self) -> None:
        """Forget them."""
        self._lots.clear()

    def _of(self, id: int) -> Lot | None:
        index = bisect_right(self._lots, id, key=_first) - 1
        lot = self._lots[index] if index >= 0 else None
        return lot if lot is not None and id - lot.first < len(lot.ids) else None
