"""Rules about which parameters there are, and in what order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ....contract import MethodKind
from ...rule import Breaking, BreakingRule, Tier
from .cases import case, moved_parameters, renamed

if TYPE_CHECKING:
    from ....output.lock import LockedParameter
    from ...comparison import Comparison, MethodPair
    from ...rule import Change

__all__ = ["ParameterAddedOptional", "ParameterAddedRequired", "ParameterMoved", "ParameterRemoved"]


def _added(pair: MethodPair) -> Iterator[LockedParameter]:
    known = {each.name for each in pair.old.sent}
    known.update(new.name for _, new in renamed(pair))
    return (each for each in pair.new.sent if each.name not in known)


class ParameterAddedRequired(BreakingRule):
    """A method takes an argument more, and it has no default."""

    id = "PARAMETER_ADDED_REQUIRED"
    tier = Tier.WIRE
    advice = "Add a method with the parameter under another name"
    BREAKING = (
        Breaking(
            *case("id: str", "id: str, limit: int"),
            "carts.get",
            "the parameter `limit` is new, and required",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for parameter in _added(pair):
                if parameter.default is None:
                    message = f"the parameter `{parameter.name}` is new, and required"
                    yield cls.change(pair.at, message)


class ParameterAddedOptional(BreakingRule):
    """A method takes an argument more, and it has a default: callers' source stays as it is, but a
    caller of the old version sends one argument less than a host of the new version reads."""

    id = "PARAMETER_ADDED_OPTIONAL"
    tier = Tier.WIRE
    advice = (
        "Add a method with the parameter under another name, or take a dataclass, which may grow"
    )
    BREAKING = (
        Breaking(
            *case("id: str", "id: str, limit: int = 20"),
            "carts.get",
            "the parameter `limit` is new, and has a default",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for parameter in _added(pair):
                if parameter.default is not None:
                    message = f"the parameter `{parameter.name}` is new, and has a default"
                    yield cls.change(pair.at, message)


class ParameterRemoved(BreakingRule):
    """A method takes an argument less."""

    id = "PARAMETER_REMOVED"
    tier = Tier.WIRE
    advice = "Keep the parameter and ignore it, or add a method under another name"
    BREAKING = (
        Breaking(
            *case("id: str, limit: int = 20", "id: str"),
            "carts.get",
            "the parameter `limit` is gone",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            known = {each.name for each in pair.new.sent}
            known.update(old.name for old, _ in renamed(pair))
            for parameter in pair.old.sent:
                if parameter.name not in known:
                    yield cls.change(pair.at, f"the parameter `{parameter.name}` is gone")


class ParameterMoved(BreakingRule):
    """The parameters have another order: arguments travel by position, keyword-only ones too. (Of a
    compute method this is KEY_CHANGED.)"""

    id = "PARAMETER_MOVED"
    tier = Tier.WIRE
    advice = "Keep the order; add new parameters under another method name"
    BREAKING = (
        Breaking(
            *case("a: str, b: int", "b: int, a: str"),
            "carts.get",
            "the parameter `b` comes before `a` now",
        ),
        Breaking(
            *case("*, a: str, b: str", "*, b: str, a: str"),
            "carts.get",
            "the parameter `b` comes before `a` now",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            moved = moved_parameters(pair)
            if pair.new.kind is not MethodKind.COMPUTE and moved is not None:
                message = f"the parameter `{moved[0]}` comes before `{moved[1]}` now"
                yield cls.change(pair.at, message)
