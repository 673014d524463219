"""The signals that ask a process to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Final

__all__ = ["stop_signals"]

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """Inside this block SIGTERM and SIGINT do nothing but set the event."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    with ExitStack() as stack:
        for number in SIGNALS:
            with suppress(NotImplementedError):  # Windows has no handlers on loops
                loop.add_signal_handler(number, stop.set)
                stack.callback(loop.remove_signal_handler, number)
        yield stop
