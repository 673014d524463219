"""Parameters that say who asks: filled in where a call arrives, not sent by who makes it (W1)."""

from __future__ import annotations

from typing import Final

from ..contract import ANY
from ..errors import ArgumentError
from ..identity import IDENTITIES, Asker, Identity, Session
from ..table import Contract, Method
from ..wire.frames import Ending
from ..wire.runs import SESSION, Headers

__all__ = ["NO_GATEWAY", "Asking", "asker_of"]

NO_SESSION: Final = "-"
NO_GATEWAY: Final = Ending(
    "no_gateway",
    "it was asked for a browser, by a principal that is no gateway to its host: see "
    "Host(gateways=[…])",
)


def asker_of(headers: Headers, asker: Asker) -> Asker | None:
    """For whom a call is made; None if its caller may not make it for anybody else (W1)."""
    for name, session in headers:
        if name == SESSION:
            try:
                return Asker.browser(session) if asker.is_gateway else None
            except ValueError:
                return None
    return asker


class Asking:
    """The places among a method's parameters that the transport fills in.

    Raises:
        TypeError: one of them has another type: the package was not generated for it.
    """

    def __init__(self, contract: Contract, method: Method) -> None:
        self._name = f"{contract.name}.{method.name}"
        self._count = len(method.parameters)
        types = contract.resolved.signatures[method.name].parameters
        self._places: list[tuple[int, type[Identity]]] = []
        for index, (name, tp) in enumerate(zip(method.parameters, types, strict=True)):
            if name in method.filled:
                if tp not in IDENTITIES:
                    raise TypeError(f"{name} of {self._name} does not say who asks")
                self._places.append((index, tp))

    def fill(self, sent: tuple[object, ...], asker: Asker) -> tuple[object, ...]:
        """The arguments of the method, from those that were sent."""
        arguments = list(sent)
        for index, cls in self._places:
            arguments.insert(index, asker.as_(cls))
        return tuple(arguments)

    def split(self, arguments: tuple[object, ...]) -> tuple[tuple[object, ...], str]:
        """What of a method's arguments is sent, and the session of the browser that it is asked
        for; some word if the method takes none, for it is asked by no gateway in any case.
        """
        filled = {index for index, _ in self._places}
        session = NO_SESSION
        for index in filled:
            if isinstance(given := arguments[index], Session):
                session = given.id
        return tuple(each for i, each in enumerate(arguments) if i not in filled), session

    def whose(self, arguments: tuple[object, ...]) -> str:
        """Text that differs from that of everybody else who may ask."""
        return "".join(f" {arguments[index]!r}" for index, _ in self._places)

    def sent(self, pattern: tuple[object, ...], asker: Asker) -> tuple[object, ...] | None:
        """What of an invalidation names results of this client; `None` if it is about others.

        Raises:
            ArgumentError: it has another number of arguments.
        """
        if len(pattern) != self._count:
            problem = f"expected {self._count} arguments, got {len(pattern)}"
            raise ArgumentError(self._name, problem)
        for index, cls in self._places:
            if pattern[index] is not ANY and pattern[index] != asker.as_(cls):
                return None
        filled = {index for index, _ in self._places}
        return tuple(each for index, each in enumerate(pattern) if index not in filled)
