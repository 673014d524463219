"""Rules about parameters. On the wire they travel by position, all of them, defaults filled in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...contract import MethodKind, ParameterKind
from ..rule import BreakingRule, Case, Tier

if TYPE_CHECKING:
    from ...output.lock import LockedParameter
    from ..comparison import Comparison, MethodPair
    from ..rule import Change

__all__ = [
    "ParameterAddedOptional",
    "ParameterAddedRequired",
    "ParameterKindChanged",
    "ParameterMadeRequired",
    "ParameterMoved",
    "ParameterRemoved",
    "ParameterRenamed",
    "ParameterRespelled",
    "ParameterTypeChanged",
]


def _case(old: str, new: str) -> Case:
    before, after = (f"    async def get(self, {each}) -> str: ..." for each in (old, new))
    return before, after


def _kept(pair: MethodPair) -> Iterator[tuple[LockedParameter, LockedParameter]]:
    """The parameters that both versions have, by name; by position where one was renamed."""
    new = {each.name: each for each in pair.new.parameters}
    for parameter in pair.old.parameters:
        if parameter.name in new:
            yield parameter, new[parameter.name]
    yield from _renamed(pair)


def _renamed(pair: MethodPair) -> Iterator[tuple[LockedParameter, LockedParameter]]:
    """The parameters that stand where one of another name stood, which is gone."""
    if len(pair.old.parameters) != len(pair.new.parameters):
        return
    olds = {each.name for each in pair.old.parameters}
    news = {each.name for each in pair.new.parameters}
    for old, new in zip(pair.old.parameters, pair.new.parameters, strict=True):
        if old.name not in news and new.name not in olds:
            yield old, new


def _added(pair: MethodPair) -> Iterator[LockedParameter]:
    known = {each.name for each in pair.old.parameters}
    known.update(new.name for _, new in _renamed(pair))
    return (each for each in pair.new.parameters if each.name not in known)


class ParameterAddedRequired(BreakingRule):
    """A method takes an argument more, and it has no default."""

    id = "PARAMETER_ADDED_REQUIRED"
    tier = Tier.WIRE
    advice = "Add a method with the parameter under another name"
    BREAKING = (_case("id: str", "id: str, limit: int"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for parameter in _added(pair):
                if parameter.default is None:
                    yield cls.change(pair.at, f"it takes a `{parameter.name}` more")


class ParameterAddedOptional(BreakingRule):
    """A method takes an argument more, and it has a default: callers' source stays as it is, but a
    caller of the old version sends one argument less than a host of the new version reads."""

    id = "PARAMETER_ADDED_OPTIONAL"
    tier = Tier.WIRE
    advice = (
        "Add a method with the parameter under another name, or take a dataclass, which may grow"
    )
    BREAKING = (_case("id: str", "id: str, limit: int = 20"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for parameter in _added(pair):
                if parameter.default is not None:
                    yield cls.change(pair.at, f"it takes a `{parameter.name}` more")


class ParameterRemoved(BreakingRule):
    """A method takes an argument less."""

    id = "PARAMETER_REMOVED"
    tier = Tier.WIRE
    advice = "Keep the parameter and ignore it, or add a method under another name"
    BREAKING = (_case("id: str, limit: int = 20", "id: str"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            known = {each.name for each in pair.new.parameters}
            known.update(old.name for old, _ in _renamed(pair))
            for parameter in pair.old.parameters:
                if parameter.name not in known:
                    yield cls.change(pair.at, f"it takes no `{parameter.name}` any more")


class ParameterMoved(BreakingRule):
    """The parameters have another order: arguments travel by position, keyword-only ones too. (Of a
    compute method this is KEY_CHANGED.)"""

    id = "PARAMETER_MOVED"
    tier = Tier.WIRE
    advice = "Keep the order; add new parameters under another method name"
    BREAKING = (
        _case("a: str, b: int", "b: int, a: str"),
        _case("*, a: str, b: str", "*, b: str, a: str"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            if pair.new.kind is not MethodKind.COMPUTE and moved(pair):
                yield cls.change(pair.at, "its parameters have another order")


def moved(pair: MethodPair) -> bool:
    """Whether the parameters that stayed have another order."""
    old = [each.name for each in pair.old.parameters]
    new = [each.name for each in pair.new.parameters]
    return [name for name in old if name in new] != [name for name in new if name in old]


class ParameterTypeChanged(BreakingRule):
    """A parameter has another type: one version refuses, or misreads, what the other one sends."""

    id = "PARAMETER_TYPE_CHANGED"
    tier = Tier.WIRE
    advice = "Add a method with the new type under another name"
    BREAKING = (
        _case("id: str", "id: int"),
        _case("id: str", "id: str | None"),
        _case("ids: list[str]", "ids: set[str]"),
        _case("n: Annotated[int, msgspec.Meta(ge=0)]", "n: Annotated[int, msgspec.Meta(ge=1)]"),
    )
    COMPATIBLE = (
        _case("ids: list[str]", "ids: Sequence[str]"),
        _case("n: int", "n: Annotated[int, msgspec.Meta(description='a number')]"),
        _case("id: str | None", "id: Optional[str]"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for old, new in _kept(pair):
                if not comparison.forms.travels_alike(old.type, new.type):
                    message = f"`{new.name}: {old.type}` became `{new.type}`"
                    yield cls.change(pair.at, message)


class ParameterRespelled(BreakingRule):
    """A parameter has another type that travels alike: callers' source may not fit it."""

    id = "PARAMETER_RESPELLED"
    tier = Tier.SOURCE
    advice = "Keep the type; a wider one, such as `Sequence` for `list`, is fine"
    BREAKING = (
        _case("ids: Sequence[str]", "ids: list[str]"),
        _case("id: str", "id: Id"),
    )
    COMPATIBLE = (
        _case("id: Id", "id: str"),
        _case("ids: tuple[Id, ...]", "ids: Sequence[str]"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        forms = comparison.forms
        for pair in comparison.methods:
            for old, new in _kept(pair):
                if forms.travels_alike(old.type, new.type) and not forms.accepts(
                    old.type, new.type
                ):
                    message = f"`{new.name}: {old.type}` became `{new.type}`"
                    yield cls.change(pair.at, message)


class ParameterRenamed(BreakingRule):
    """A parameter has another name: callers that pass it by keyword fail."""

    id = "PARAMETER_RENAMED"
    tier = Tier.SOURCE
    advice = "Keep the name, or make it positional-only in a version that renames nothing"
    BREAKING = (_case("id: str", "key: str"),)
    COMPATIBLE = (_case("id: str, /", "key: str, /"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for old, new in _renamed(pair):
                if old.kind is not ParameterKind.POSITIONAL:
                    yield cls.change(pair.at, f"`{old.name}` is now `{new.name}`")


class ParameterMadeRequired(BreakingRule):
    """A parameter lost its default: callers that leave it out fail."""

    id = "PARAMETER_MADE_REQUIRED"
    tier = Tier.SOURCE
    advice = "Keep the default"
    BREAKING = (_case("id: str, limit: int = 20", "id: str, limit: int"),)
    COMPATIBLE = (
        _case("id: str, limit: int", "id: str, limit: int = 20"),
        _case("id: str, limit: int = 10", "id: str, limit: int = 20"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for old, new in _kept(pair):
                if old.default is not None and new.default is None:
                    yield cls.change(pair.at, f"`{new.name}` has no default any more")


class ParameterKindChanged(BreakingRule):
    """A parameter can no longer be passed by position, or no longer by keyword."""

    id = "PARAMETER_KIND_CHANGED"
    tier = Tier.SOURCE
    advice = "Leave both ways open"
    BREAKING = (
        _case("id: str, limit: int = 20", "id: str, *, limit: int = 20"),
        _case("id: str", "id: str, /"),
    )
    COMPATIBLE = (
        _case("id: str, *, limit: int = 20", "id: str, limit: int = 20"),
        _case("id: str, /", "id: str"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for old, new in _kept(pair):
                if new.kind not in (old.kind, ParameterKind.ORDINARY):
                    way = "keyword" if new.kind is ParameterKind.POSITIONAL else "position"
                    yield cls.change(pair.at, f"`{new.name}` cannot be passed by {way} any more")
