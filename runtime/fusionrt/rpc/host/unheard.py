"""`Unheard`: one-way calls that came to nothing: nobody is told, so they are counted and logged."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from ...seldom import Seldom
from ...wire.frames import Ending

__all__ = ["Unheard"]

_log = logging.getLogger("fusionrt")


class Unheard:
    """Of one service. count: how many they were since it is served."""

    def __init__(self, service: str) -> None:
        self.count = 0
        self._service: Final = service
        self._seldom: Final = Seldom(_log)

    def add(self, failures: Iterable[Ending | None]) -> None:
        """Calls of one method ended so; those without a failure did what they should."""
        failed = [each for each in failures if each is not None]
        if failed:
            self.count += len(failed)
            message = "%d one-way calls of %s came to nothing, the first for: %s"
            self._seldom.warning(message, len(failed), self._service, failed[0].message)
