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

TOLD: Final = 1.0
"""Seconds after which a command that has ended was told of to other hosts."""


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
    _written: dict[int, tuple[str, float]] = field(default_factory=dict)
    """By whom, and when."""
    _since: dict[int, float] = field(default_factory=dict)
    """When the command had ended that wrote a price: until then nobody is to know of it."""
    _place: dict[int, tuple[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for number, product in enumerate(PRODUCTS):
            self._history[product] = []
            self.write(product, -1 - number, "")
            self.ended(-1 - number)

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

    def write(self, product: str, price: int, process: str) -> None:
        """A command runs in a process."""
        if price in self._place:
            self.violated("D13", f"the command that wrote {price} ran twice")
            return
        self._written[price] = process, self.now()
        self._place[price] = product, len(self._history[product])
        self._history[product].append(price)

    def ended(self, price: int) -> None:
        """The command has ended; however long its process stood still in it."""
        self._since[price] = self.now()

    def gone(self, process: str) -> tuple[str, ...]:
        """A process is gone: the products whose price it changed, and may have told nobody of. What
        its commands wrote that had not ended counts since then.
        """
        untold = []
        for price, (writer, at) in self._written.items():
            if writer == process and self._since.get(price, math.inf) > self.now() - TOLD:
                untold.append(self._place[price][0])
                self._since.setdefault(price, at)
        return tuple(untold)

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
        following = self._history[product][place + 1 :]
        return min((self._since.get(each, math.inf) for each in following), default=math.inf)
