"""The outcomes of commands by operation id: a command runs at most once on a host (D13)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from ..wire.frames import Ending

__all__ = ["Outcome", "Outcomes"]

REMEMBERED: Final = 10_000
REMEMBERED_BYTES: Final = 16 * 1024 * 1024
"""How many outcomes a service remembers, and their size; far more than retries of seconds need."""


class Outcome(NamedTuple):
    """What a command answered."""

    payload: bytes
    failure: Ending | None = None


_CANCELLED: Final = Outcome(b"", Ending("cancelled", "it was cancelled by its caller"))


class Outcomes:
    """Remembers what commands answered, so that a retry gets the first run's answer."""

    def __init__(self) -> None:
        self._known: dict[str, asyncio.Future[Outcome]] = {}
        self._bytes = 0

    async def once(self, operation: str, run: Callable[[], Awaitable[Outcome]]) -> Outcome:
        """The outcome of `run`; of its first run, if the operation was run before."""
        if not operation:  # its caller will not ask again
            return await run()
        known = self._known.get(operation)
        if known is not None:
            return await asyncio.shield(known)
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._known[operation] = outcome
        answer = _CANCELLED
        try:
            answer = await run()
        finally:
            outcome.set_result(answer)
            self._bytes += len(answer.payload)
            self._forget_oldest()
        return answer

    def _forget_oldest(self) -> None:
        while len(self._known) > REMEMBERED or self._bytes > REMEMBERED_BYTES:
            oldest = next(iter(self._known))
            outcome = self._known[oldest]
            if not outcome.done():
                return
            del self._known[oldest]
            self._bytes -= len(outcome.result().payload)
