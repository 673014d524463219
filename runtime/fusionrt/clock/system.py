"""`SystemClock`: the clock of the machine that it runs on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from ..errors import ClockError
from ..graph import current
from ..primitives import utc_now
from .generated.clock import ClockService
from .texts import text_of

__all__ = ["SystemClock"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

SHORTEST: Final = 0.01
LONGEST: Final = 86_400.0


class SystemClock(ClockService):
    """The time of this machine, or of the virtual-time loop that it is used in.

    Its values change on time as far as the event loop's timers do: about a millisecond, and later
    after the machine slept.
    """

    async def now(self, every: float = 1.0) -> datetime:
        if not SHORTEST <= every <= LONGEST:
            raise ClockError(
                f"now(every={every:g})", f"give seconds from {SHORTEST:g} to {LONGEST:,g}, a day"
            )
        period = round(every * 1e6)
        ticks, since = divmod((utc_now() - _EPOCH) // _MICROSECOND, period)
        current().invalidate_in((period - since) / 1e6)
        return _EPOCH + ticks * period * _MICROSECOND

    async def ago(self, moment: datetime) -> str:
        if moment.tzinfo is None:
            raise ClockError(
                f"ago({moment})", "it has no time zone: make it with one, as datetime.now(UTC) does"
            )
        text, changes_in = text_of((utc_now() - moment) // _MICROSECOND)
        current().invalidate_in(changes_in / 1e6)
        return text
