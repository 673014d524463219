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
    nothing is taken for fresh, and calls fail at once with the cause. When it has lasted for as
    long as a host remembers who is silent, no new connection finds anything (D8).

    broker: what the connection was to; empty while there is one.
    declared: whether it lasts longer than the grace.
    """

    def __init__(
        self,
        grace: float,
        on_declared: Callable[[], None],
        remembered: float,
        on_forgotten: Callable[[], None],
    ) -> None:
        """grace: in seconds. remembered: how long hosts know who is silent; in seconds."""
        self.broker = ""
        self.declared = False
        self._grace = grace
        self._on_declared = on_declared
        self._remembered = remembered
        self._on_forgotten = on_forgotten
        self._timers: list[asyncio.TimerHandle] = []

    def begin(self, broker: str) -> None:
        """The connection to this broker is lost."""
        self.end()
        self.broker = broker
        call_later = asyncio.get_running_loop().call_later
        self._timers = [
            call_later(self._grace, self._declare),
            call_later(self._remembered, self._on_forgotten),
        ]

    def end(self) -> None:
        """The connection is back, or nobody needs it any more."""
        self.broker = ""
        self.declared = False
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    def error(self, service: str) -> RemoteUnavailable:
        """What a call to the service fails with."""
        return RemoteUnavailable(service, f"the connection to the broker {self.broker} is lost")

    def _declare(self) -> None:
        self.declared = True
        self._on_declared()
