"""Rules about the sort of a type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ....contract import Kind
from ...layout import record_style
from ...rule import Breaking, BreakingRule, Tier
from ..cases import USE
from .cases import FIELD, case

if TYPE_CHECKING:
    from ....output.lock import LockedType
    from ...comparison import Comparison, TypePair
    from ...rule import Change

__all__ = ["TypeAccessChanged", "TypeKindChanged"]


class TypeKindChanged(BreakingRule):
    """A type is of another sort that travels in another form: a dataclass became a `NamedTuple`, an
    enum a `NewType`; or, in a union, a dataclass became a model."""

    id = "TYPE_KIND_CHANGED"
    tier = Tier.WIRE
    advice = "Add a type of the new sort under another name, and a method that uses it"
    BREAKING = (
        Breaking(
            *case(f"@dataclass\nclass Cart:{FIELD}", f"class Cart(NamedTuple):{FIELD}"),
            "shop.contracts.Cart",
            "it was a dataclass, and is a NamedTuple",
        ),
        Breaking(
            *case("class Cart(Enum):\n    A = 'a'", "Cart = NewType('Cart', str)"),
            "shop.contracts.Cart",
            "it was an enum, and is a NewType",
        ),
        Breaking(
            *case("Cart = Literal['a', 'b']", "class Cart(StrEnum):\n    A = 'a'"),
            "shop.contracts.Cart",
            "it was an alias, and is an enum",
        ),
        Breaking(
            f"@dataclass\nclass Cart:{FIELD}{USE.replace('-> Cart', '-> Cart | str')}",
            f"class Cart(BaseModel):{FIELD}{USE.replace('-> Cart', '-> Cart | str')}",
            "shop.contracts.Cart",
            "it was a dataclass, and is a pydantic model, in a union",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.types:
            if not _travels_alike(pair, comparison):
                yield cls.change(pair.at, f"{_became(pair)}{_why(pair)}")


def _became(pair: TypePair) -> str:
    return f"it was {pair.old.kind.noun}, and is {pair.new.kind.noun}"


def _why(pair: TypePair) -> str:
    """Sorts that travel alike elsewhere do not in a union."""
    alone = record_style(pair.old) == record_style(pair.new) is not None
    return ", in a union" if alone else ""


def _travels_alike(pair: TypePair, comparison: Comparison) -> bool:
    """Whether the sorts do. Where both stand for other types, those are for other rules."""
    old, new = pair.old, pair.new
    if (old.target is None) is not (new.target is None):
        return comparison.forms.travels_alike(old.target or pair.at, new.target or pair.at)
    if old.target is not None or old.kind == new.kind:
        return True
    if (old.kind is Kind.MODEL) is not (
        new.kind is Kind.MODEL
    ) and pair.at in comparison.within_unions:
        return False  # pydantic converts a model: it goes by an index there
    return record_style(old) == record_style(new) is not None


class TypeAccessChanged(BreakingRule):
    """A type is of another sort that travels alike: a dataclass became a Struct or a model, a
    `TypedDict` a class, an alias a `NewType`. Callers' source that does with it what only the one
    sort can do fails: `dataclasses.replace`, `model_copy`, `cart["id"]`."""

    id = "TYPE_ACCESS_CHANGED"
    tier = Tier.SOURCE
    advice = "Keep the sort of type"
    BREAKING = (
        Breaking(
            *case(f"@dataclass\nclass Cart:{FIELD}", f"class Cart(msgspec.Struct):{FIELD}"),
            "shop.contracts.Cart",
            "it was a dataclass, and is a Struct",
        ),
        Breaking(
            *case(
                f"class Cart(BaseModel):{FIELD}", f"@dataclass(kw_only=True)\nclass Cart:{FIELD}"
            ),
            "shop.contracts.Cart",
            "it was a pydantic model, and is a dataclass",
        ),
        Breaking(
            *case(f"class Cart(TypedDict):{FIELD}", f"@dataclass\nclass Cart:{FIELD}"),
            "shop.contracts.Cart",
            "it was a TypedDict, and is a dataclass",
        ),
        Breaking(
            *case(f"@dataclass\nclass Cart:{FIELD}", f"@attrs.define\nclass Cart:{FIELD}"),
            "shop.contracts.Cart",
            "it was a dataclass, and is an attrs class",
        ),
        Breaking(
            *case("Cart = str", "Cart = NewType('Cart', str)"),
            "shop.contracts.Cart",
            "it was an alias, and is a NewType",
        ),
        Breaking(
            *case("Cart = NewType('Cart', date)", "Cart = date"),
            "shop.contracts.Cart",
            "it was a NewType, and is an alias",
        ),
        Breaking(
            *case("Cart = Literal['a', 'b']", "class Cart(StrEnum):\n    A = 'a'\n    B = 'b'"),
            "shop.contracts.Cart",
            "it was an alias, and is an enum",
        ),
        Breaking(
            *case("class Cart(Enum):\n    A = 1\n    B = 2", "Cart = Literal[1, 2]"),
            "shop.contracts.Cart",
            "it was an enum, and is an alias",
        ),
    )
    COMPATIBLE = (case("Cart = NewType('Cart', str)", "Cart = str"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.types:
            old, new = pair.old.kind, pair.new.kind
            if old == new or not _travels_alike(pair, comparison):
                continue
            if (old, new) != (Kind.NEWTYPE, Kind.ALIAS) or not _makes_itself(pair.old):
                yield cls.change(pair.at, _became(pair))


_MAKING_THEMSELVES = frozenset(
    (
        *("bool", "bytes", "decimal.Decimal", "dict", "float", "frozenset", "int", "list", "set"),
        *("str", "tuple"),
    )
)


def _makes_itself(newtype: LockedType) -> bool:
    """Whether `Name(value)` goes on working if the NewType `Name` becomes an alias."""
    return (newtype.target or "").partition("[")[0] in _MAKING_THEMSELVES
