"""Telling in the log of a process that an operation log is not read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

__all__ = ["LAG", "tell_of_lag"]

LAG: Final = 30.0
"""Seconds of lag that are worth a warning."""

_log = logging.getLogger("fusionrt")


async def tell_of_lag(name: str, lag: Callable[[], float], threshold: float) -> None:
    """Warn when the lag is above a threshold, again when it has doubled, and say when it is over.

    lag: seconds. Never returns.
    """
    worth = threshold
    while True:
        await asyncio.sleep(threshold / 6)
        late = lag()
        if late > worth:
            _log.warning("%s was not read for %.0f s: what is cached may be as old", name, late)
            worth = 2 * late
        elif late <= threshold < worth:
            _log.warning("%s is read again", name)
            worth = threshold
