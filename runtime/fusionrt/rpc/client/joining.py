"""`Joining`: what calls join that are made alike in one turn of the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ...native import twin
from .reply import reply

__all__ = ["Joining"]


@twin
class Joining:
    """A base, for all that a call passes is here.

    answers: what the callers await; None: that is over. arguments: of each. timeout: the seconds
    of each. deadline: of the last one; latest: none is later. room: so many more need not wait for
    others.
    """

    __slots__ = ("answers", "arguments", "deadline", "latest", "loop", "now", "room", "timeout")

    answers: list[asyncio.Future[Any] | None]
    arguments: list[bytes]
    loop: asyncio.AbstractEventLoop
    now: Callable[[], float]
    timeout: float
    latest: float
    deadline: float
    room: int

    def add(self, arguments: bytes) -> Awaitable[Any] | None:
        """Make one more call: what its caller awaits; if it leaves before there is an answer, that
        is given up. None: the lot takes no more.
        """
        deadline = self.now() + self.timeout
        if deadline > self.latest or self.room <= 0:
            return None
        self.room -= 1
        self.deadline = deadline
        answer = reply(self.loop)
        index = len(self.arguments)
        self.arguments.append(arguments)
        self.answers.append(answer)
        return _awaited(self, index, answer)

    if TYPE_CHECKING:

        def give_up(self, index: int, answer: asyncio.Future[Any]) -> None:
            """Nobody waits for a call any more. index: its place. What is made from this says what
            is done then.
            """


async def _awaited(lot: Joining, index: int, answer: asyncio.Future[Any]) -> Any:
    try:
        return await answer
    except (asyncio.CancelledError, GeneratorExit):
        lot.give_up(index, answer)
        raise
