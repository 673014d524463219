"""`Waiting`: calls of one frame whose bodies began in one turn, each in a task of its own."""

from __future__ import annotations

import asyncio
from operator import methodcaller
from typing import Final

from .servant import Answer
from .work import Work

__all__ = ["Waiting"]

_alive: Final[set[Waiting]] = set()
"""A loop holds its tasks only weakly, and so does a session that is over while its last bodies
end."""
_done: Final = methodcaller("done")


class Waiting:
    """Their books are kept together: by the turn in which they began, by that in which they end.

    since: when they began. tasks: of those that are not over. ended: what the last ones came to, to
    be told.
    """

    __slots__ = ("ended", "since", "tasks", "work")

    def __init__(self, work: Work, since: float) -> None:
        self.work: Final = work
        self.since: Final = since
        self.tasks: Final[dict[int, asyncio.Task[None]]] = {}
        self.ended: dict[int, bytes | Answer] = {}

    def enter(self) -> None:
        """They are found by their ids from now on."""
        _alive.add(self)
        self.work.waiting.add(self)
        self.work.client.waits(self)

    def settle(self) -> int:
        """Tell what has ended: so many."""
        ended, self.ended = self.ended, {}
        work, tasks = self.work, self.tasks
        work.client.stopped(ended)
        if len(ended) == len(tasks):
            tasks.clear()
            work.waiting.discard(self)
            _alive.discard(self)
        else:
            for id in ended:
                del tasks[id]
        work.say(ended)
        if not work.open:
            work.client.over(work)
        return len(ended)

    def never_began(self) -> list[int]:
        """Those that were cancelled before: no line of theirs ran that could tell of their end.

        To be asked when the others had their first step, and what ended is settled.
        """
        if not any(map(_done, self.tasks.values())):  # nearly always
            return []
        return [id for id, task in self.tasks.items() if task.done()]

    def knows(self, id: int) -> bool:
        """Whether it is known what this one came to, or it was told."""
        return id in self.ended or id not in self.tasks
