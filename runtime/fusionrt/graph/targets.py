"""What invalidations are addressed to."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any, Protocol

from ._core.computed import Computed
from .origin import Origin

__all__ = ["Target", "Targets"]


class Target(Protocol):
    """A service or client instance: its results can be invalidated by method and arguments."""

    def mark(
        self, method: str, arguments: tuple[object, ...], origin: Origin
    ) -> list[Computed[Any]]:
        """Invalidate the results of `method` for these arguments, each of which may be `ANY`.

        The caller must `notify` what it gets.
        """

    def mark_all(self, origin: Origin) -> list[Computed[Any]]:
        """As `mark`, for every result."""


class Targets:
    """The service instances of a graph, by service name. Keeps none of them alive."""

    def __init__(self) -> None:
        self._by_name: dict[str, weakref.WeakKeyDictionary[Target, None]] = {}

    def add(self, name: str, target: Target) -> None:
        """Make it one of the instances of that service."""
        self._by_name.setdefault(name, weakref.WeakKeyDictionary())[target] = None

    def named(self, name: str) -> Iterator[Target]:
        """The instances of a service."""
        yield from list(self._by_name.get(name, ()))
