"""`Marks`: how far which hosts have changed what (D15). Merged, they stay as few as the hosts."""

from __future__ import annotations

from collections.abc import Iterable

from .frames import Mark

__all__ = ["MOST_MARKS", "Marks"]

MOST_MARKS = 1000
"""More are never kept, whatever others send: the oldest go."""


class Marks:
    """The highest number of each service and host; those that rose last come last."""

    __slots__ = ("_numbers",)

    def __init__(self, marks: Iterable[Mark] = ()) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self.add(marks)

    def __bool__(self) -> bool:
        return bool(self._numbers)

    def add(self, marks: Iterable[Mark]) -> None:
        """These, too."""
        numbers = self._numbers
        for mark in marks:
            name = mark.service, mark.iid
            if mark.number > numbers.get(name, -1):
                numbers.pop(name, None)
                numbers[name] = mark.number
        while len(numbers) > MOST_MARKS:
            del numbers[next(iter(numbers))]

    def cover(self, marks: Iterable[Mark]) -> bool:
        """Whether whatever reflects this reflects these, too."""
        numbers = self._numbers
        return all(numbers.get((mark.service, mark.iid), -1) >= mark.number for mark in marks)

    def all(self) -> tuple[Mark, ...]:
        """All of them."""
        return tuple(Mark(service, iid, n) for (service, iid), n in self._numbers.items())

    def clear(self) -> None:
        """Forget all."""
        self._numbers.clear()
