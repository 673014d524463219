"""Rules about keys and invalidations. Instances of two versions that run at once tell each other
what a command invalidated, as a method and its arguments: what they mean has to be the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...contract import MethodKind, ParameterKind
from ..layout import optional
from ..rule import BreakingRule, Tier
from .parameters import moved

if TYPE_CHECKING:
    from ...output.lock import LockedContract, LockedMethod
    from ..comparison import Comparison, MethodPair
    from ..rule import Change

__all__ = ["InvalidationAdded", "InvalidationRemoved", "KeyChanged"]

_GET = "    @compute\n    async def get(self, {}) -> str: ..."
_PUT = "    @command(invalidates=[{}])\n    async def put(self, id: str) -> None: ..."
_KEY = (
    "@dataclass(frozen=True)\nclass Key:\n    id: str{}\n\n\n@service\nclass Carts(Protocol):\n"
    "    @compute\n    async def get(self, key: Key) -> str: ...\n\n"
    "    @command(invalidates=['get(key)'])\n    async def put(self, key: Key) -> None: ..."
)
_PAIR = (
    "    @compute\n    async def get(self, {}) -> str: ...\n\n"
    "    @command(invalidates=['get(shop=shop, id=id)'])\n"
    "    async def put(self, shop: str, id: str) -> None: ..."
)


def _put(entries: str, parameters: str = "id: str") -> str:
    return f"{_GET.format(parameters)}\n\n{_PUT.format(entries)}"


class KeyChanged(BreakingRule):
    """What names a result changed: an invalidation that one version sends names another result, or
    not all the results, in the other.

    That is: the parameters of a compute method have another order; a type that is part of keys
    gained or lost an optional field; a default changed that an entry of `invalidates` relies on.
    """

    id = "KEY_CHANGED"
    tier = Tier.CACHE
    advice = "Add a compute method with the new key under another name"
    BREAKING = (
        (_KEY.format(""), _KEY.format("\n    shop: str = 'main'")),
        (_KEY.format("\n    shop: str = 'main'"), _KEY.format("")),
        (_PAIR.format("shop: str, id: str"), _PAIR.format("id: str, shop: str")),
        (_put("'get(id)'", "id: str, n: int = 1"), _put("'get(id)'", "id: str, n: int = 2")),
    )
    COMPATIBLE = (
        (_put("'get(id, 1)'", "id: str, n: int = 1"), _put("'get(id, 1)'", "id: str, n: int = 2")),
        (_GET.format("id: str, n: int = 1"), _GET.format("id: str, n: int = 2")),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        relied = {*_relied(comparison.old.contracts), *_relied(comparison.new.contracts)}
        for pair in comparison.methods:
            if pair.new.kind is MethodKind.COMPUTE:
                yield from cls._of_method(pair, relied)
        for field in comparison.fields:
            if field.type.at not in comparison.keyed:
                continue
            old, new = field.old, field.new
            if old is None and new is not None and optional(field.type.new, new):
                yield cls.change(field.at, "a type that is part of keys gained the field")
            if new is None and old is not None and optional(field.type.old, old):
                yield cls.change(field.at, "a type that is part of keys lost the field")

    @classmethod
    def _of_method(cls, pair: MethodPair, relied: set[tuple[str, str]]) -> Iterator[Change]:
        if moved(pair):
            yield cls.change(pair.at, "its parameters have another order")
        new = {each.name: each for each in pair.new.parameters}
        for old in pair.old.parameters:
            other = new.get(old.name)
            if other is None or old.given is None or other.given is None:
                continue
            if old.given != other.given and (pair.at, old.name) in relied:
                problem = f"an entry of `invalidates` relies on the default of `{old.name}`, "
                yield cls.change(pair.at, f"{problem}which was {old.given}")


class InvalidationRemoved(BreakingRule):
    """A command invalidates less: run by the new version, it leaves results stale that an instance
    of the old version holds."""

    id = "INVALIDATION_REMOVED"
    tier = Tier.CACHE
    advice = "Keep the entry until no instance of the old version runs"
    BREAKING = (
        (_put("'get(id)'"), _put("")),
        (_put("'get(ANY)'"), _put("'get(id)'")),
    )
    COMPATIBLE = (
        (_put("'get(id)', 'get(\"all\")'"), _put("'get(\"all\")', 'get(id)'")),
        (_put("'get(id)'"), _put("'get(id=id)'")),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            missing = _missing(_entries(pair.old, comparison), _entries(pair.new, comparison))
            for entry in missing:
                yield cls.change(pair.at, f"it does not invalidate `{entry}` any more")


class InvalidationAdded(BreakingRule):
    """A command invalidates more: run by an instance of the old version, it leaves results stale
    that the new version holds. One instance at a time is not concerned."""

    id = "INVALIDATION_ADDED"
    tier = Tier.CACHE
    advice = (
        "Stop the instances of the old version before the new one serves, "
        "or allow it if stale results may last as long as both run"
    )
    BREAKING = ((_put(""), _put("'get(id)'")),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            added = _missing(_entries(pair.new, comparison), _entries(pair.old, comparison))
            for entry in added:
                yield cls.change(pair.at, f"it invalidates `{entry}`, which it did not")


def _missing(entries: Mapping[str, _Entry], others: Mapping[str, _Entry]) -> Iterator[str]:
    """The entries that none of the others covers, as they are written."""
    return (
        text
        for text, entry in entries.items()
        if not any(_covers(other, entry) for other in others.values())
    )


def _covers(wide: _Entry, narrow: _Entry) -> bool:
    if wide.target != narrow.target:
        return False
    names = wide.arguments.keys() | narrow.arguments.keys()
    return all(wide.arguments.get(name) in ("ANY", narrow.arguments.get(name)) for name in names)


@dataclass(frozen=True, slots=True)
class _Entry:
    """What an entry means: arguments by the names of the parameters that they go to, the command's
    parameters in them by position."""

    target: str
    arguments: Mapping[str, str]


def _entries(method: LockedMethod, comparison: Comparison) -> Mapping[str, _Entry]:
    places = {each.name: f"${index}" for index, each in enumerate(method.parameters)}
    return {text: _entry(text, places, comparison) for text in method.invalidates}


def _entry(text: str, places: Mapping[str, str], comparison: Comparison) -> _Entry:
    call, loop = _parsed(text)
    target = ast.unparse(call.func)
    names = dict(places)
    if loop is not None:
        names[ast.unparse(loop.target)] = f"each({_renamed(loop.iter, names)})"
    bound = _bound(call, _parameters(target, comparison))
    return _Entry(target, {name: _renamed(value, names) for name, value in bound.items()})


def _parsed(text: str) -> tuple[ast.Call, ast.comprehension | None]:
    node = ast.parse(f"({text})", mode="eval").body
    if isinstance(node, ast.GeneratorExp):
        assert isinstance(node.elt, ast.Call)
        return node.elt, node.generators[0]
    assert isinstance(node, ast.Call)
    return node, None


def _parameters(target: str, comparison: Comparison) -> tuple[str, ...]:
    """The names that arguments by position go to, in whichever version has the method."""
    service, _, name = target.rpartition(".")
    for lock in (comparison.new, comparison.old):
        contract = lock.contracts.get(service)
        method = contract.methods.get(name) if contract else None
        if method is not None:
            return _positional(method)
    return ()


def _positional(method: LockedMethod) -> tuple[str, ...]:
    return tuple(each.name for each in method.parameters if each.kind is not ParameterKind.KEYWORD)


def _bound(call: ast.Call, parameters: tuple[str, ...]) -> dict[str, ast.expr]:
    bound = {
        parameters[index] if index < len(parameters) else str(index): argument
        for index, argument in enumerate(call.args)
    }
    bound.update((each.arg or "", each.value) for each in call.keywords)
    return bound


def _renamed(node: ast.expr, names: Mapping[str, str]) -> str:
    text = ast.unparse(node)
    if not isinstance(node, ast.Name | ast.Attribute):
        return text
    root, dot, rest = text.partition(".")
    return f"{names.get(root, root)}{dot}{rest}"


def _relied(contracts: dict[str, LockedContract]) -> Iterator[tuple[str, str]]:
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
