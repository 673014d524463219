"""Waiting for the signals that ask a process to stop."""

from __future__ import annotations

import asyncio
import signal
from contextlib import ExitStack, suppress
from typing import Final

__all__ = ["until_signal"]

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


async def until_signal() -> None:
    """Return on SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        for number in SIGNALS:
            with suppress(NotImplementedError):  # Windows has no handlers on loops
                loop.add_signal_handler(number, stop.set)
                stack.callback(loop.remove_signal_handler, number)
        await stop.wait()
