"""`Seldom`: what others can make happen as often as they like does not fill the log (D21)."""

from __future__ import annotations

import logging
from typing import Final

from .primitives import now, running_loop

__all__ = ["PERIOD", "Seldom"]

PERIOD: Final = 10.0
"""Seconds in which a line of one kind is written once."""


class Seldom:
    """Lines for a log: one of each kind in a while, which says how many there were since the last.

    A kind is a message without its arguments.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log: Final = log
        self._told: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def warning(self, message: str, *arguments: object) -> None:
        """As of a logger."""
        self._tell(logging.WARNING, message, arguments, None)

    def exception(
        self, message: str, *arguments: object, exc_info: bool | BaseException = True
    ) -> None:
        """The same."""
        self._tell(logging.ERROR, message, arguments, exc_info)

    def _tell(
        self,
        level: int,
        message: str,
        arguments: tuple[object, ...],
        exc_info: bool | BaseException | None,
    ) -> None:
        if not self._is_due(message):
            self._left_out[message] = self._left_out.get(message, 0) + 1
            return
        left_out = self._left_out.pop(message, 0)
        more = f" ({left_out} more like it since the last of these lines)" if left_out else ""
        self._log.log(level, message + more, *arguments, exc_info=exc_info)

    def _is_due(self, message: str) -> bool:
        if running_loop() is None:  # nothing comes from others there
            return True
        at = now()
        due = not 0.0 <= at - self._told.get(message, -PERIOD) < PERIOD
        if due:
            self._told[message] = at
        return due
