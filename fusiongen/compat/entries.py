"""What entries of `invalidates` mean, which locks hold as text."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..contract import ParameterKind
from .defaults import meant

if TYPE_CHECKING:
    from ..output.lock import Lock, LockedContract, LockedMethod
    from .comparison import Comparison

__all__ = ["Entry", "entries", "relied"]


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry means: arguments by the names of the parameters that they go to, the command's
    parameters in them by position, those that say who asks by their types.

    defaults: those of the method's parameters.
    """

    target: str
    arguments: Mapping[str, str]
    defaults: Mapping[str, str]

    def covers(self, narrow: Entry) -> bool:
        """Whether this one names all the results that another one names."""
        if self.target != narrow.target:
            return False
        names = self.arguments.keys() | narrow.arguments.keys()
        return all(self._given(name) in ("ANY", narrow._given(name)) for name in names)

    def _given(self, name: str) -> str | None:
        return self.arguments.get(name, self.defaults.get(name))


def entries(method: LockedMethod, lock: Lock, comparison: Comparison) -> Mapping[str, Entry]:
    """What a command of one of the locks invalidates, by the text of each entry."""
    places = {each.name: f"${index}" for index, each in enumerate(method.sent)}
    places |= {each.name: f"${each.type}" for each in method.filled}
    return {text: _entry(text, places, lock, comparison) for text in method.invalidates}


def _entry(text: str, places: Mapping[str, str], lock: Lock, comparison: Comparison) -> Entry:
    call, loop = _parsed(text)
    target = ast.unparse(call.func)
    names = dict(places)
    if loop is not None:
        names[ast.unparse(loop.target)] = f"each({_in_places(loop.iter, names)})"
    bound = _bound(call, _parameters(target, comparison))
    method = _method(target, lock)
    parameters = {each.name: each for each in method.parameters} if method is not None else {}

    def value(name: str, text: str) -> str:
        known = parameters.get(name)
        return text if known is None else meant(text, known.type, lock.types)

    given = {name: value(name, _in_places(node, names)) for name, node in bound.items()}
    defaults = {name: value(name, each.given) for name, each in parameters.items() if each.given}
    return Entry(target, given, defaults)


def _parsed(text: str) -> tuple[ast.Call, ast.comprehension | None]:
    node = ast.parse(f"({text})", mode="eval").body
    if isinstance(node, ast.GeneratorExp):
        assert isinstance(node.elt, ast.Call)
        return node.elt, node.generators[0]
    assert isinstance(node, ast.Call)
    return node, None


def _parameters(target: str, comparison: Comparison) -> tuple[str, ...]:
    """The names that arguments by position go to, in whichever version has the method."""
    method = _method(target, comparison.new) or _method(target, comparison.old)
    return _positional(method) if method is not None else ()


def _method(target: str, lock: Lock) -> LockedMethod | None:
    service, _, name = target.rpartition(".")
    contract = lock.contracts.get(service)
    return contract.methods.get(name) if contract is not None else None


def _positional(method: LockedMethod) -> tuple[str, ...]:
    return tuple(each.name for each in method.parameters if each.kind is not ParameterKind.KEYWORD)


def _bound(call: ast.Call, parameters: tuple[str, ...]) -> dict[str, ast.expr]:
    bound = {
        parameters[index] if index < len(parameters) else str(index): argument
        for index, argument in enumerate(call.args)
    }
    bound.update((each.arg or "", each.value) for each in call.keywords)
    return bound


def _in_places(node: ast.expr, names: Mapping[str, str]) -> str:
    text = ast.unparse(node)
    if not isinstance(node, ast.Name | ast.Attribute):
        return text
    root, dot, rest = text.partition(".")
    return f"{names.get(root, root)}{dot}{rest}"


def relied(contracts: dict[str, LockedContract]) -> Iterator[tuple[str, str]]:
    """The parameters that some entry leaves to their defaults."""
    for contract in contracts.values():
        for method in contract.methods.values():
            for text in method.invalidates:
                call, _ = _parsed(text)
                target = ast.unparse(call.func)
                service, _, name = target.rpartition(".")
                found = contracts[service].methods.get(name) if service in contracts else None
                if found is not None:
                    given = _bound(call, _positional(found))
                    yield from (
                        (target, each.name) for each in found.parameters if each.name not in given
                    )
