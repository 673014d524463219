"""`Outage`: the connection to the broker is known to be gone (D26)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from ...errors import RemoteUnavailable

__all__ = ["OUTAGE_GRACE", "Outage"]

OUTAGE_GRACE: Final = 2.0
"""Seconds that the connection may be gone before whoever waits or watches is told."""


class Outage:
    """Begins when the connection is lost; is declared when it did not come back in time.

    Until then nothing is lost but time: a new connection finds everything as it was. From then on
    nothing is taken for fresh, and calls fail at once with the cause.

    broker: what the connection was to; empty while there is one.
    declared: whether it lasts longer than the grace.
    """

    def __init__(self, grace: float, on_declared: Callable[[], None]) -> None:
        """grace: in seconds."""
        self.broker = ""
        self.declared = False
        self._grace = grace
        self._on_declared = on_declared
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, broker: str) -> None:
        """The connection to this broker is lost."""
        self.end()
        self.broker = broker
        self._timer = asyncio.get_running_loop().call_later(self._grace, self._declare)

    def end(self) -> None:
        """The connection is back, or nobody needs it any more."""
        self.broker = ""
        self.declared = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def error(self, service: str) -> RemoteUnavailable:
        """What a call to the service fails with."""
        return RemoteUnavailable(service, f"the connection to the broker {self.broker} is lost")

    def _declare(self) -> None:
        self._timer = None
        self.declared = True
        self._on_declared()
