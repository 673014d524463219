"""Rules about what is gone: a type, or a class that it derived from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...lineage import ancestors
from ...rule import Breaking, BreakingRule, Tier
from ..cases import USE
from .cases import FIELD, case

if TYPE_CHECKING:
    from ...comparison import Comparison
    from ...rule import Change

__all__ = ["TypeBaseRemoved", "TypeRemoved"]

_IDS = (
    "{0} = tuple[str, ...]\n\n\n@service\nclass Carts(Protocol):\n"
    "    async def ids(self) -> {0}: ..."
)
_OF_SHOP = USE.replace("-> Cart", "-> Shop.Cart")


class TypeRemoved(BreakingRule):
    """A type is gone from its module, or has another name there: callers' imports of it fail."""

    id = "TYPE_REMOVED"
    tier = Tier.SOURCE
    advice = "Keep the name as an alias of what took its place"
    BREAKING = (
        Breaking(
            _IDS.format("Ids"),
            _IDS.format("Keys"),
            "shop.contracts.Ids",
            "nothing has this name any more",
        ),
    )
    COMPATIBLE = (
        case(
            f"@dataclass\nclass Cart:{FIELD}",
            f"@dataclass\nclass Basket:{FIELD}\n\n\nCart = Basket",
        ),
        (
            f"class Shop:\n    @dataclass\n    class Cart:\n        id: str{_OF_SHOP}",
            f"from typing import TypeAlias\n\n\n@dataclass\nclass Basket:{FIELD}\n\n\n"
            f"class Shop:\n    Cart: TypeAlias = Basket{_OF_SHOP}",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name in sorted(comparison.gone):
            yield cls.change(name, "nothing has this name any more")


_KINDS = frozenset(
    (
        *("abc.ABC", "object", "typing.Generic", "typing.Protocol"),
        *("msgspec.Struct", "pydantic.BaseModel", "pydantic.main.BaseModel"),
        *("typing.NamedTuple", "typing.TypedDict"),
    )
)
"""Bases that say of what sort a type is: other rules look at that."""
_SERVICE = "@service{}\nclass Carts(Protocol):\n    async def get(self, id: str) -> {}: ..."
_LISTED = _SERVICE.format("(raises=[Empty])", "str")
_RETURNED = _SERVICE.format("", "Cart")


class TypeBaseRemoved(BreakingRule):
    """A type no longer derives from a class that it derived from: callers' source that takes it for
    one of those fails, and so does an `except` that names the base of an exception."""

    id = "TYPE_BASE_REMOVED"
    tier = Tier.SOURCE
    advice = "Keep the base"
    BREAKING = (
        Breaking(
            f"class Empty(LookupError):\n    pass\n\n\n{_LISTED}",
            f"class Empty(Exception):\n    pass\n\n\n{_LISTED}",
            "shop.contracts.Empty",
            "it is no `LookupError` any more",
        ),
        Breaking(
            f"class Cart(StrEnum):\n    A = 'a'\n\n\n{_RETURNED}",
            f"class Cart(Enum):\n    A = 'a'\n\n\n{_RETURNED}",
            "shop.contracts.Cart",
            "it is no `enum.StrEnum` any more",
        ),
        Breaking(
            "@dataclass\nclass Base:\n    id: str\n\n\n"
            f"@dataclass\nclass Cart(Base):\n    pass\n\n\n{_RETURNED}",
            "@dataclass\nclass Base:\n    id: str\n\n\n"
            f"@dataclass\nclass Cart:\n    id: str\n\n\n{_RETURNED}",
            "shop.contracts.Cart",
            "it is no `shop.contracts.Base` any more",
        ),
    )
    COMPATIBLE = (
        (
            f"class Empty(LookupError):\n    pass\n\n\n{_LISTED}",
            f"class Empty(KeyError):\n    pass\n\n\n{_LISTED}",
        ),
        (
            f"class Cart(Enum):\n    A = 'a'\n\n\n{_RETURNED}",
            f"class Cart(StrEnum):\n    A = 'a'\n\n\n{_RETURNED}",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.types:
            if pair.old.kind != pair.new.kind:
                continue
            held = set(ancestors(pair.at, comparison.new.types))
            for base in pair.old.bases:
                if base not in held and base not in _KINDS:
                    yield cls.change(pair.at, f"it is no `{base}` any more")
