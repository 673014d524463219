"""The outcomes of commands by operation id: a command runs at most once on a host (D13)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from ..wire.frames import Ending

__all__ = ["Outcome", "Outcomes"]

REMEMBERED: Final = 10_000
"""How many outcomes a service remembers; far more than a session's time of retries needs."""


class Outcome(NamedTuple):
    """What a command answered."""

    payload: bytes
    failure: Ending | None = None


_CANCELLED: Final = Outcome(b"", Ending("cancelled", "it was cancelled by its caller"))


class Outcomes:
    """Remembers what commands answered, so that a retry gets the first run's answer."""

    def __init__(self) -> None:
        self._known: dict[str, asyncio.Future[Outcome]] = {}

    async def once(self, operation: str, run: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """The outcome of `run`; of its first run, if the operation was run before."""
        known = self._known.get(operation)
        if known is not None:
            return await asyncio.shield(known)
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._known[operation] = outcome
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]
        answer = _CANCELLED
        try:
            answer = await run()
        finally:
            outcome.set_result(answer)
        return answer
