"""What a client knew when its last process ended: where it is looked up, and kept (W7)."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from ..cache import ClientCache, Name
from ..errors import WireError
from ..table import Contract
from ..values.outline import outline
from .way import Way

__all__ = ["UNKNOWN", "LastKnown"]

UNKNOWN: Final = object()


class LastKnown:
    """Of one contract. A result is named by its method, by what its types are made of, so that
    another version's is another one, and by its arguments.
    """

    def __init__(self, cache: ClientCache, contract: Contract) -> None:
        self._cache: Final = cache
        self._contract: Final = contract
        self._methods: dict[str, str] = {}

    def take(self, way: Way, arguments: tuple[Any, ...]) -> Any:
        """The last known value, once; `UNKNOWN` if there is none."""
        payload = self._cache.take(self._name(way, arguments))
        if payload is None:
            return UNKNOWN
        try:
            return way.decode(payload)
        except WireError:  # a file may be damaged
            return UNKNOWN

    def learn(self, way: Way, arguments: tuple[Any, ...], value: Any) -> None:
        """A host said so."""
        self._cache.learn(self._name(way, arguments), way.results.encode(value))

    def forget(self, way: Way, arguments: tuple[Any, ...]) -> None:
        """A host said that there is none."""
        self._cache.learn(self._name(way, arguments), None)

    def _name(self, way: Way, arguments: tuple[Any, ...]) -> Name:
        method = way.method_name
        name = self._methods.get(method)
        if name is None:
            signature = self._contract.resolved.signatures[method]
            types = " ".join(map(outline, (*signature.parameters, signature.result)))
            digest = hashlib.sha256(types.encode()).hexdigest()[:32]
            name = f"{self._contract.name}.{method} {self._contract.version} {digest}"
            self._methods[method] = name
        return Name(name, way.encoded(arguments))
