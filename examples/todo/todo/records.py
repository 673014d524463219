"""What is told of things to do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """Something to do."""

    id: int
    folder: str
    title: str
    done: bool = False


@dataclass(frozen=True)
class Summary:
    """How much there is to do, and how much of it is done."""

    items: int = 0
    done: int = 0


class UnknownItem(Exception):
    """Raised when there is no such item."""
