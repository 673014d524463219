"""Rules about how parameters are passed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ....contract import ParameterKind
from ...rule import Breaking, BreakingRule, Tier
from .cases import case, kept, renamed

if TYPE_CHECKING:
    from ...comparison import Comparison
    from ...rule import Change

__all__ = ["ParameterKindChanged", "ParameterMadeRequired", "ParameterRenamed"]


class ParameterRenamed(BreakingRule):
    """A parameter has another name: callers that pass it by keyword fail."""

    id = "PARAMETER_RENAMED"
    tier = Tier.SOURCE
    advice = "Keep the name, or make it positional-only in a version that renames nothing"
    BREAKING = (
        Breaking(
            *case("id: str", "key: str"),
            "carts.get",
            "`id` is now `key`",
        ),
    )
    COMPATIBLE = (case("id: str, /", "key: str, /"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for old, new in renamed(pair):
                if old.kind is not ParameterKind.POSITIONAL:
                    yield cls.change(pair.at, f"`{old.name}` is now `{new.name}`")


class ParameterMadeRequired(BreakingRule):
    """A parameter lost its default: callers that leave it out fail."""

    id = "PARAMETER_MADE_REQUIRED"
    tier = Tier.SOURCE
    advice = "Keep the default"
    BREAKING = (
        Breaking(
            *case("id: str, limit: int = 20", "id: str, limit: int"),
            "carts.get",
            "the parameter `limit` has no default any more",
        ),
    )
    COMPATIBLE = (
        case("id: str, limit: int", "id: str, limit: int = 20"),
        case("id: str, limit: int = 10", "id: str, limit: int = 20"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for old, new in kept(pair):
                if old.default is not None and new.default is None:
                    yield cls.change(pair.at, f"the parameter `{new.name}` has no default any more")


class ParameterKindChanged(BreakingRule):
    """A parameter can no longer be passed by position, or no longer by keyword."""

    id = "PARAMETER_KIND_CHANGED"
    tier = Tier.SOURCE
    advice = "Leave both ways open"
    BREAKING = (
        Breaking(
            *case("id: str, limit: int = 20", "id: str, *, limit: int = 20"),
            "carts.get",
            "the parameter `limit` cannot be passed by position any more",
        ),
        Breaking(
            *case("id: str", "id: str, /"),
            "carts.get",
            "the parameter `id` cannot be passed by keyword any more",
        ),
    )
    COMPATIBLE = (
        case("id: str, *, limit: int = 20", "id: str, limit: int = 20"),
        case("id: str, /", "id: str"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.methods:
            for old, new in kept(pair):
                if new.kind not in (old.kind, ParameterKind.ORDINARY):
                    way = "keyword" if new.kind is ParameterKind.POSITIONAL else "position"
                    message = f"the parameter `{new.name}` cannot be passed by {way} any more"
                    yield cls.change(pair.at, message)
