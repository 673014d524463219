"""What happens in one run, as data: who is there, what they ask, what goes wrong.

A scenario is drawn from a seed, and can be cut down, stored and told apart from the code that makes
it happen: its token is the scenario itself.
"""

from __future__ import annotations

import base64
import zlib
from typing import Final

import msgspec

__all__ = ["CARTS", "PRODUCTS", "SERVICES", "Ask", "Fault", "Scenario", "Topology", "from_token"]

PRODUCTS: Final = ("a", "b", "c")
SERVICES: Final = ("prices", "carts", "summaries")
CARTS: Final = {"x": ("a", "b"), "y": ("b", "c")}


class Ask(msgspec.Struct, frozen=True, array_like=True):
    """Something that a client does.

    at: seconds. client: its index. what: the name of a method in `load`. on: a product, or a cart.
    number: of items, of the price. patience: seconds until the caller gives up; 0: it does not.
    """

    at: float
    client: int
    what: str
    on: str = ""
    number: int = 0
    patience: float = 0.0

    def __str__(self) -> str:
        leaving = f", and leaves after {self.patience:g} s" if self.patience else ""
        return f"client{self.client}: {self.what} {self.on} {self.number}{leaving}"


class Fault(msgspec.Struct, frozen=True, array_like=True):
    """Something that goes wrong.

    at, seconds: from when, how long. what: the name of a method in `faults`. who: a process.
    amount: what else there is to say.
    """

    at: float
    seconds: float
    what: str
    who: str = ""
    amount: float = 0.0

    @property
    def until(self) -> float:
        """When it is over."""
        return self.at + self.seconds

    def __str__(self) -> str:
        return f"{self.what} {self.who} for {self.seconds:g} s ({self.amount:g})"


class Topology(msgspec.Struct, frozen=True, array_like=True):
    """hosts: what each serves. clients: how many. local: a service on the same host as what it is
    made from calls that directly, not through a client.
    """

    hosts: tuple[tuple[str, ...], ...]
    clients: int
    local: bool

    def __str__(self) -> str:
        hosts = ", ".join(f"host{n}: {'+'.join(each)}" for n, each in enumerate(self.hosts))
        return f"{hosts}; {self.clients} clients"


class Scenario(msgspec.Struct, frozen=True, array_like=True):
    """seed: of schedules, delays, and what else is left to chance. seconds: that load goes on."""

    seed: int
    topology: Topology
    asks: tuple[Ask, ...]
    faults: tuple[Fault, ...]
    seconds: float

    @property
    def token(self) -> str:
        """It, as a word; see `from_token`."""
        packed = zlib.compress(msgspec.msgpack.encode(self), 9)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def from_token(token: str) -> Scenario:
    """The scenario of a token."""
    packed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    return msgspec.msgpack.decode(zlib.decompress(packed), type=Scenario)
