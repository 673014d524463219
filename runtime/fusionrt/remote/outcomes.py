"""The outcomes of commands by operation id: a command runs at most once on a host (D13)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from ..wire.frames import Ending, Mark

__all__ = ["Outcome", "Outcomes"]

REMEMBERED: Final = 10_000
REMEMBERED_BYTES: Final = 16 * 1024 * 1024
"""How many outcomes a service remembers, and their size; far more than retries of seconds need."""


class Outcome(NamedTuple):
    """What a command answered. marks: what it changed (D15)."""

    payload: bytes
    failure: Ending | None = None
    marks: tuple[Mark, ...] = ()

    @property
    def size(self) -> int:
        """Bytes, roughly."""
        failure = self.failure
        told = 0 if failure is None else len(failure.message) + len(failure.data)
        return len(self.payload) + told


_CANCELLED: Final = Outcome(b"", Ending("cancelled", "it was cancelled by its caller"))


class Outcomes:
    """Remembers what commands answered, so that a retry gets the first run's answer.

    Those that run are known beside the bounds: how many run is limited elsewhere, and one that
    never ends must not keep the others from being forgotten.
    """

    def __init__(self) -> None:
        self._known: dict[str, asyncio.Future[Outcome]] = {}
        self._ended: deque[tuple[str, int]] = deque()
        """Operation and size, in the order in which they ended."""
        self._bytes = 0

    async def once(
        self,
        operation: str,
        run: Callable[[], Awaitable[Outcome]],
        may_run_again: Callable[[], bool] = lambda: False,
    ) -> Outcome:
        """The outcome of `run`; of its first run, if the operation was run before.

        may_run_again: asked when it has ended; if so, only who waits already gets its outcome.
        """
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
            if may_run_again():
                del self._known[operation]
            else:
                self._remember(operation, len(operation) + answer.size)
        return answer

    def _remember(self, operation: str, size: int) -> None:
        self._ended.append((operation, size))
        self._bytes += size
        while len(self._ended) > REMEMBERED or (
            self._bytes > REMEMBERED_BYTES and len(self._ended) > 1
        ):
            oldest, size = self._ended.popleft()
            self._bytes -= size
            del self._known[oldest]
