"""What a clock offers. After a change: `fusiongen generate` at the root of the repository."""

from datetime import datetime
from typing import Protocol

from fusionrt.contract import compute, service
from fusionrt.errors import ClockError


@service(raises=[ClockError])
class Clock(Protocol):
    """The time, as values that are invalidated when they change."""

    @compute
    async def now(self, every: float = 1.0) -> datetime:  # fusiongen: ignore[FG062]
        """The time of the last tick, in UTC: it ticks at each whole multiple of `every` seconds.

        Minutes, hours and days tick when they begin; every process gets the same value.
        Raises ClockError: `every` is not between 0.01 and 86,400.
        """
        ...

    @compute
    async def ago(self, moment: datetime) -> str:  # fusiongen: ignore[FG062]
        """How long ago it was, or is to come: `just now`, `3 minutes ago`, `in 2 days`.

        Invalidated when that text changes. Raises ClockError: `moment` has no time zone.
        """
        ...
