"""`Written`: what the calls of a session changed, until it is told before their answers (D15)."""

from __future__ import annotations

from typing import Final

from ...wire.frames import Mark
from ...wire.host import HostSession
from ...wire.marks import Marks
from ..loose import Loose

__all__ = ["Written"]


class Written:
    """Of calls that are about to be answered, and of commands that no call can be named for."""

    def __init__(self, wire: HostSession, loose: Loose) -> None:
        self._wire: Final = wire
        self._loose: Final = loose
        self._told = loose.version
        self._ids: list[int] = []
        self._marks = Marks()

    def add(self, id: int, marks: tuple[Mark, ...]) -> None:
        """A call changed this, and is answered next."""
        self._ids.append(id)
        self._marks.add(marks)

    def say(self, *, answered: bool) -> None:
        """Tell what there is. answered: a call is that may have called commands of which nobody was
        told.
        """
        loose = self._loose
        if answered and self._told != loose.version:
            self._marks.add(loose.since(self._told))
            self._told = loose.version
        elif not self._ids:
            return
        if self._marks:
            self._wire.wrote(self._ids, self._marks.all())
            self._ids, self._marks = [], Marks()
