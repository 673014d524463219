"""Waiting for conditions: no test sleeps and hopes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fusionrt.wire.limits import Timing

__all__ = ["PROCESS", "QUICK", "SOONER", "until"]

QUICK = Timing(keep_alive=0.2, lease=0.6, session=1.0, probe=0.1, hello=0.1)
"""A tenth of the times of production, so that what lapses does so soon."""
SOONER = Timing(keep_alive=0.5, lease=1.5, session=2.5, probe=0.25, hello=0.25)
"""A quarter of the times of production, for tests that wait until a lost host is given up: no less,
for a machine may be busy for a second."""
PROCESS = 60.0
"""Seconds for a process to start or to end: what takes one may take twenty on a busy machine."""


async def until(condition: Callable[[], object], *, within: float = 10.0) -> None:
    """Return when the condition holds; fail after `within` seconds."""
    try:
        async with asyncio.timeout(within):
            while not condition():  # noqa: ASYNC110 - a condition has no event
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError("the condition did not come true in time") from None
