"""The database behind all hosts of the prices: what is true, since when, and who wrote it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from .scenario import PRODUCTS

__all__ = ["LAWS", "Truth", "Violation"]

LAWS: Final = frozenset(
    ("D13", "D14", "D15", "D17", "D18", "D29", "linear", "calm", "convergence", "end")
)
"""The checks that are on. To be added: `D20`, when shards are part of a run."""


class Violation(AssertionError):
    """Raised when a law was broken: which, and how."""

    def __init__(self, law: str, problem: str) -> None:
        self.law = law
        self.problem = problem
        super().__init__(f"{law}: {problem}")


@dataclass
class Truth:
    """Every price is another number, so that each names the command that wrote it.

    now: the universe's clock. running: bodies that run, by their names. broken: what was violated.
    """

    now: Callable[[], float]
    running: dict[str, int] = field(default_factory=dict)
    broken: list[Violation] = field(default_factory=list)
    _history: dict[str, list[int]] = field(default_factory=dict)
    _since: dict[int, float] = field(default_factory=dict)
    _place: dict[int, tuple[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, product in enumerate(PRODUCTS):
            self._history[product] = []
            self.write(product, -1 - number)

    def violated(self, law: str, problem: str) -> None:
        """A law was broken, unless it does not hold yet."""
        if law in LAWS:
            self.broken.append(Violation(law, problem))

    def price(self, product: str) -> int:
        """The price now."""
        return self._history[product][-1]

    def prices(self, products: tuple[str, ...]) -> tuple[int, ...]:
        """The prices now."""
        return tuple(map(self.price, products))

    def write(self, product: str, price: int) -> None:
        """A command runs."""
        if price in self._place:
            self.violated("D13", f"the command that wrote {price} ran twice")
            return
        self._since[price] = self.now()
        self._place[price] = product, len(self._history[product])
        self._history[product].append(price)

    def wrote(self, price: int) -> bool:
        """Whether the command ran that writes this."""
        return price in self._place

    def place(self, price: int) -> int:
        """The how-many-eth price of its product this is."""
        return self._place[price][1]

    def is_of(self, price: int, product: str) -> bool:
        """Whether this ever was a price of the product."""
        return price in self._place and self._place[price][0] == product

    def replaced(self, price: int) -> float:
        """When another price took its place."""
        product, place = self._place[price]
        following = self._history[product][place + 1 : place + 2]
        return self._since[following[0]] if following else math.inf
