"""The rule about parameters that say who asks, which only callers in one process pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ....contract import ParameterKind
from ...rule import Breaking, BreakingRule, Tier

if TYPE_CHECKING:
    from ....output.lock import LockedMethod
    from ...comparison import Comparison, MethodPair
    from ...rule import Change

__all__ = ["ParameterAskingChanged"]


def _both(old: str, new: str) -> tuple[str, str]:
    """A method with the parameters of each side, in a contract where who asks matters anyway."""
    other = "    async def whoami(self, who: Principal) -> str: ..."
    before, after = (
        f"{other}\n\n    @compute\n    async def get(self, {each}) -> str: ..."
        for each in (old, new)
    )
    return before, after


class ParameterAskingChanged(BreakingRule):
    """A method takes who asks, and did not, or in another way: calls of the service in its own
    process pass it. Clients never do, so that nothing on the wire changes; hosts of two versions
    invalidate the whole service where they would have named a result."""

    id = "PARAMETER_ASKING_CHANGED"
    tier = Tier.SOURCE
    advice = "Add a method that takes it under another name"
    BREAKING = (
        Breaking(
            *_both("id: str", "id: str, who: Principal"),
            "carts.get",
            "it takes the `Principal` that asks",
        ),
        Breaking(
            *_both("who: Principal, id: str", "id: str"),
            "carts.get",
            "it takes no `Principal` any more",
        ),
        Breaking(
            *_both("who: Principal, id: str", "id: str, who: Principal"),
            "carts.get",
            "its `Principal` is passed in another way",
        ),
        Breaking(
            *_both("id: str, who: Principal", "id: str, me: Principal"),
            "carts.get",
            "its `Principal` is passed in another way",
        ),
        Breaking(
            *_both("id: str, who: Principal", "id: str, who: Session"),
            "carts.get",
            "it takes no `Principal` any more",
            also=(("carts.get", "it takes the `Session` that asks"),),
        ),
    )
    COMPATIBLE = (_both("id: str, who: Principal, /", "id: str, me: Principal, /"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            yield from (cls.change(pair.at, message) for message in _changes(pair))


def _changes(pair: MethodPair) -> Iterator[str]:
    old, new = _ways(pair.old), _ways(pair.new)
    for type_ in dict.fromkeys((*old, *new)):
        name = type_.rpartition(".")[2]
        if type_ not in new:
            yield f"it takes no `{name}` any more"
        elif type_ not in old:
            yield f"it takes the `{name}` that asks"
        elif old[type_] != new[type_]:
            yield f"its `{name}` is passed in another way"


def _ways(method: LockedMethod) -> Mapping[str, tuple[str, ParameterKind, int]]:
    """How each is passed, by its type: by which name, and behind how many arguments."""
    positional = ParameterKind.POSITIONAL
    return {
        each.type: ("" if each.kind is positional else each.name, each.kind, place)
        for place, each in enumerate(method.parameters)
        if each.filled
    }
