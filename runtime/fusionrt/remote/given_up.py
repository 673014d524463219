"""`GivenUp`: results whose callers leave before they are there, again and again (D24).

Compute calls that wait for each other over several hosts, and that nobody else waits for any more,
would go round for ever: a cancellation comes round as fast as the call before it, so each host
begins anew what it gave up a moment ago, and no call is there for long enough to be probed (see
`Cycles`). So what was given up a few times in a row begins later and later: at last the
cancellation is there first.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from ..graph import Function
from ..primitives import now

__all__ = ["GivenUp"]

AT_ONCE: Final = 3
"""So often in a row it begins at once all the same: callers leave, and come back."""
FIRST: Final = 0.005
"""Seconds that it waits after that; twice as long each time."""
LONGEST: Final = 2.0
"""But no longer: so long no way round takes."""
FORGOTTEN: Final = 10.0
"""Seconds after which the next time is the first one."""
REMEMBERED: Final = 1000
"""Of how many results is known that they were given up."""


class GivenUp:
    """Those of one method.

    times: how often in a row, and when last; by the hash of the key, for keys may be large.
    """

    def __init__(self) -> None:
        self.times: Final[dict[int, tuple[int, float]]] = {}

    async def pause(self, key: object, function: Function[Any]) -> None:
        """Wait until the body may begin; a call that joins one may at once."""
        times = self._in_a_row(key) - AT_ONCE
        if times >= 0 and function.find(key) is None:
            await asyncio.sleep(min(FIRST * 2**times, LONGEST))

    def left(self, key: object, function: Function[Any]) -> None:
        """A caller left: that gives the result up, unless the body runs for others."""
        if function.find(key) is None:
            times = self._in_a_row(key) + 1
            self.ended(key)
            self.times[hash(key)] = times, now()
            if len(self.times) > REMEMBERED:
                del self.times[next(iter(self.times))]

    def ended(self, key: object) -> None:
        """There is a result."""
        self.times.pop(hash(key), None)

    def _in_a_row(self, key: object) -> int:
        times, last = self.times.get(hash(key), (0, 0.0))
        return times if now() - last < FORGOTTEN else 0
