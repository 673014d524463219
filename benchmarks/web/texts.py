"""The texts, which one process has: as a service, and as messages for those who do without one."""

from __future__ import annotations

import time
from collections.abc import Iterable

from .contracts import Written
from .generated.texts import TextsService

__all__ = ["LENGTH", "TextsHere", "written"]

LENGTH = 100
"""Characters of a text."""


def written(keys: Iterable[int]) -> dict[int, Written]:
    """New ones, of now."""
    at = time.monotonic_ns()
    return {key: Written(at, f"{key} {at} ".ljust(LENGTH, ".")) for key in keys}


class TextsHere(TextsService):
    """In memory."""

    def __init__(self) -> None:
        self.texts: dict[int, Written] = {}

    async def get(self, key: int) -> Written:
        return self.texts[key]

    async def write(self, keys: tuple[int, ...]) -> None:
        self.texts.update(written(keys))
