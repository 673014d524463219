"""From an argument to its shard, and from a shard to the host that should own it.

Both are the same in every process, of every version and language: a jump consistent hash (Lamping,
Veach) over the bytes of the argument as it travels, so that another number of shards moves no more
keys than it must; and the highest random weight (rendezvous hashing) over the hosts, so that one
that comes takes only its own share, and one that goes leaves the others what they have.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from ..errors import ArgumentError
from ..table import Contract
from ..values.codecs import codec
from ..values.keys import Keyer

__all__ = ["Routing", "host_of", "shard_of"]

KNOWN: Final = 100_000
"""How many values are known by their shard."""
_WORD: Final = 2**64 - 1


def shard_of(key: bytes, count: int) -> int:
    """The shard of a key, below `count`."""
    state = int.from_bytes(blake2b(key, digest_size=8).digest(), "big")
    shard, jump = -1, 0
    while jump < count:
        shard = jump
        state = (state * 2862933555777941757 + 1) & _WORD
        jump = (shard + 1) * 2**31 // ((state >> 33) + 1)
    return shard


def host_of(shard: int, hosts: Iterable[str]) -> str:
    """The host that should own a shard; empty if there is none."""
    return max(hosts, key=lambda host: (_weight(shard, host), host), default="")


@lru_cache(maxsize=65_536)
def _weight(shard: int, host: str) -> bytes:
    return blake2b(f"{host}/{shard}".encode(), digest_size=8).digest()


class Routing:
    """Tells the shards of a contract's calls. count: of its shards."""

    def __init__(self, contract: Contract) -> None:
        shard = contract.shard
        assert shard is not None
        self.count: Final = shard.count
        self._position = {
            method.name: method.parameters.index(shard.parameter) for method in contract.methods
        }
        self._name = contract.name
        name = contract.methods[0].name
        tp = contract.resolved.signatures[name].parameters[self._position[name]]
        self._keyer = Keyer(f"{contract.name}.{name}", (shard.parameter,), (tp,))
        self._codec = codec(tp)
        self._known: dict[Hashable, int] = {}

    def of(self, method: str, arguments: tuple[Any, ...]) -> int:
        """The shard of a call; all arguments are given, in their order.

        Raises:
            ArgumentError: the argument that tells it has another type than declared.
        """
        value = arguments[self._position[method]]
        try:
            known = self._known.get(value)
        except TypeError:  # whatever it is, it is not of the declared type
            known = None
        return self._hashed(method, value) if known is None else known

    def _hashed(self, method: str, value: Any) -> int:
        try:
            (normal,) = self._keyer.normalize((value,))
        except ArgumentError as error:  # its keyer is of another method
            raise ArgumentError(f"{self._name}.{method}", error.problem) from None
        shard = shard_of(self._codec.encode(normal), self.count)
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[value] = shard
        return shard
