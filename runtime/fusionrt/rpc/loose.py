"""`Loose`: what commands have changed that no client was told of as its own (D15)."""

from __future__ import annotations

from collections.abc import Iterable

from ..wire.frames import Mark
from ..wire.marks import MOST_MARKS

__all__ = ["Loose"]


class Loose:
    """Changes of this process by commands that a plain method, a stream or the application called.
    Whoever gets a result next is told.

    version: rises with each.
    """

    def __init__(self) -> None:
        self.version = 0
        self._marks: dict[tuple[str, str], tuple[Mark, int]] = {}

    def add(self, marks: Iterable[Mark]) -> None:
        """There are more."""
        self.version += 1
        for mark in marks:
            name = mark.service, mark.iid
            self._marks.pop(name, None)
            self._marks[name] = mark, self.version
        while len(self._marks) > MOST_MARKS:
            del self._marks[next(iter(self._marks))]

    def since(self, version: int) -> tuple[Mark, ...]:
        """Those after that version."""
        return tuple(mark for mark, added in self._marks.values() if added > version)
