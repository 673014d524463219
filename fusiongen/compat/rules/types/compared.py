"""The rule about what tells instances of a class from each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...rule import Breaking, BreakingRule, Tier
from .cases import FIELD, case

if TYPE_CHECKING:
    from ...comparison import Comparison, TypePair
    from ...rule import Change

__all__ = ["TypeComparedOtherwise"]

_NO_HASH = "its instances are not hashable any more"
_NO_ORDER = "its instances have no order any more"
_ALONE = "an instance equals itself alone now, whatever its fields"
_HASH = "    def __hash__(self) -> int:\n        return 1"


def _dataclass(options: str = "") -> str:
    return f"@dataclass{options}\nclass Cart:{FIELD}"


class TypeComparedOtherwise(BreakingRule):
    """Instances of a class lost their hash, their order, or what makes two of them equal: callers
    that keep them in a set or as keys of a dict, sort or compare them, fail or get another answer.
    Nothing changes on the wire."""

    id = "TYPE_COMPARED_OTHERWISE"
    tier = Tier.SOURCE
    advice = "Keep `frozen` or `unsafe_hash`, `order` and `eq`"
    BREAKING = (
        Breaking(*case(_dataclass("(frozen=True)"), _dataclass()), "shop.contracts.Cart", _NO_HASH),
        Breaking(
            *case(_dataclass("(unsafe_hash=True)"), _dataclass()), "shop.contracts.Cart", _NO_HASH
        ),
        Breaking(*case(_dataclass("(order=True)"), _dataclass()), "shop.contracts.Cart", _NO_ORDER),
        Breaking(*case(_dataclass(), _dataclass("(eq=False)")), "shop.contracts.Cart", _ALONE),
        Breaking(
            *case(
                f"class Cart(msgspec.Struct, order=True):{FIELD}",
                f"class Cart(msgspec.Struct, eq=False):{FIELD}",
            ),
            "shop.contracts.Cart",
            _ALONE,
            also=(("shop.contracts.Cart", _NO_ORDER),),
        ),
        Breaking(
            *case(
                f"@attr.s(auto_attribs=True)\nclass Cart:{FIELD}",
                f"@attrs.define\nclass Cart:{FIELD}",
            ),
            "shop.contracts.Cart",
            _NO_ORDER,
        ),
        Breaking(
            *case(
                f"class Cart(BaseModel):{FIELD}\n\n{_HASH}",
                f"class Cart(BaseModel):{FIELD}",
            ),
            "shop.contracts.Cart",
            _NO_HASH,
        ),
    )
    COMPATIBLE = (
        case(_dataclass(), _dataclass("(order=True)")),
        case(_dataclass("(eq=False)"), _dataclass("(unsafe_hash=True)")),
        case(_dataclass("(frozen=True)"), _dataclass("(frozen=True, repr=False)")),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.records:
            yield from (cls.change(pair.at, lost) for lost in _lost(pair))


def _lost(pair: TypePair) -> Iterator[str]:
    old, new = pair.old, pair.new
    if old.hashed and not new.hashed:
        yield _NO_HASH
    if old.ordered and not new.ordered:
        yield _NO_ORDER
    if new.by_identity and not old.by_identity:
        yield _ALONE
