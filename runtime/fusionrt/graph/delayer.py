"""Update delayers: how long a `ComputedState` waits before it updates."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import Final, Protocol

from ..primitives import random_bits

__all__ = ["FixedDelayer", "UpdateDelayer"]

_ENOUGH: Final = 100
"""Steps after which a wait grows no more; further ones would overflow a float in the end."""


class UpdateDelayer(Protocol):
    """Decides when a `ComputedState` that was invalidated is computed anew."""

    async def wait(self, retries: int) -> None:
        """Return when it is time.

        retries: how many times in a row the state has failed with a transient error.
        """


@dataclass(frozen=True, slots=True)
class FixedDelayer:
    """Waits as long each time; after transient errors longer and longer. Times are seconds.

    delay: between an invalidation and the update.
    retry: before the first retry; each further one waits √2 times as long, give or take a tenth.
    max_retry: the longest wait before a retry.
    """

    delay: float = 0.0
    retry: float = 1.0
    max_retry: float = 60.0

    async def wait(self, retries: int) -> None:
        await asyncio.sleep(max(self.delay, self._backed_off(retries)))

    def _backed_off(self, retries: int) -> float:
        if not retries:
            return 0.0
        growth = math.sqrt(2) ** min(retries - 1, _ENOUGH)
        return min(self.retry * growth, self.max_retry) * (0.9 + 0.2 * random_bits(16) / 2**16)
