"""What names a computed within a process (G32).

Arguments are normalised to the declared types first. A value names itself where Python's equality
means what the type means. Where it does not (`1 == True == 1.0` under `int | bool | float`) a key
tells the members of the union apart, and a record is named by its fields.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable
from typing import Any

from ..contract import ANY
from ..errors import ArgumentError
from .leaves import Mismatch
from .masking import holds_secrets
from .normal import exact_classes, normal
from .reading import shape_of
from .telling import teller

__all__ = ["Keyer"]


class Keyer:
    """Normalises the arguments of one compute method and makes their key.

    Keys are for dicts: the one of nan is found there, by identity, though it does not equal itself.

    plain: a key is the argument itself (of a single parameter) or the tuple of arguments, and to
        look into a dict of keys with arguments that were not normalised finds the right entry or
        nothing. (It may raise TypeError, for an unhashable argument.)

    Raises:
        UnsupportedType: values of a parameter's type can change or have no wire form.
    """

    plain: bool

    def __init__(self, method: str, names: tuple[str, ...], types: tuple[Any, ...]) -> None:
        self._method = method
        self._names = names
        shapes = [shape_of(tp) for tp in types]
        self._secret = tuple(map(holds_secrets, shapes))
        self.exact = tuple(map(exact_classes, shapes))
        """Of each parameter: what is normalised already if it has one of these types."""
        self._only: frozenset[type] = self.exact[0] if len(self.exact) == 1 else frozenset()
        """The same of the parameter, if there is one."""
        self._steps = tuple(map(normal, shapes))
        self.count = len(shapes)
        """Of the parameters."""
        tellers = [teller(shape) for shape in shapes]
        self.plain = not any(tellers)
        self.key: Callable[[tuple[Any, ...]], Hashable] = _key(tellers)
        """The key of normalised arguments."""
        self._tellers = tuple(tell or _same for tell in tellers)

    def part(self, position: int, argument: object) -> Hashable:
        """What names one normalised argument; two calls have the same key if all of theirs are."""
        return self._tellers[position](argument)

    def normalize(self, arguments: tuple[object, ...]) -> tuple[object, ...]:
        """The arguments as their declared types mean them.

        Raises:
            ArgumentError: one has another type, or their number is wrong.
        """
        if len(arguments) == 1 and type(arguments[0]) in self._only:
            return arguments  # most methods have one parameter, and each miss passes here
        if len(arguments) != self.count:
            raise ArgumentError(
                self._method, f"expected {self.count} arguments, got {len(arguments)}"
            )
        if all(map(operator.contains, self.exact, map(type, arguments))):
            return arguments
        return tuple(self._step(index, argument) for index, argument in enumerate(arguments))

    def pattern(self, arguments: tuple[object, ...]) -> tuple[object, ...]:
        """The same for an invalidation, in which an argument may be `ANY`.

        Raises:
            ArgumentError: as above.
        """
        if not any(argument is ANY for argument in arguments):  # `in` would ask what is equal
            return self.normalize(arguments)
        return tuple(
            argument if argument is ANY else self._step(index, argument)
            for index, argument in enumerate(arguments)
        )

    def _step(self, index: int, argument: object) -> object:
        try:
            return self._steps[index](argument)
        except Mismatch as mismatch:
            problem = mismatch.without_value if self._secret[index] else str(mismatch)
            raise ArgumentError(self._method, f"{self._names[index]}: {problem}") from None


def _key(tellers: list[Callable[[Any], Hashable] | None]) -> Callable[[tuple[Any, ...]], Hashable]:
    if len(tellers) == 1:
        (tell,) = tellers
        return operator.itemgetter(0) if tell is None else lambda arguments: tell(arguments[0])
    if not any(tellers):
        return _same
    todo = tuple(tell or _same for tell in tellers)
    return lambda arguments: tuple(
        tell(argument) for tell, argument in zip(todo, arguments, strict=True)
    )


def _same(value: Any) -> Any:
    return value
