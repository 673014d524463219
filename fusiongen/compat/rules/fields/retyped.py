"""Rules about the types of fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ....contract import Kind
from ...layout import constraints, is_read_only
from ...rule import Breaking, BreakingRule, Tier, was_and_is
from .cases import ATTRS, TYPED_DICT, cart, case, kept

if TYPE_CHECKING:
    from ....output.lock import LockedField
    from ...comparison import Comparison
    from ...rule import Change

__all__ = ["FieldFrozenChanged", "FieldRespelled", "FieldTypeChanged"]


_NOT_READ_ONLY = "the key can be set now; a dict whose key is read-only does not pass for it"


class FieldFrozenChanged(BreakingRule):
    """A field became one that cannot be set: `ReadOnly`, `Final`, `Field(frozen=True)`; or a key of
    a `TypedDict` is `ReadOnly` no longer, and callers' own dicts whose key is do not pass for it.
    """

    id = "FIELD_FROZEN_CHANGED"
    tier = Tier.SOURCE
    advice = "Add a field under another name"
    BREAKING = (
        Breaking(
            cart(TYPED_DICT, "id: str"),
            cart(TYPED_DICT, "id: ReadOnly[str]"),
            "shop.contracts.Cart.id",
            "the field cannot be set any more",
        ),
        Breaking(
            cart(TYPED_DICT, "id: ReadOnly[Required[str]]"),
            cart(TYPED_DICT, "id: Required[str]"),
            "shop.contracts.Cart.id",
            "the key can be set now; a dict whose key is read-only does not pass for it",
        ),
        Breaking(
            cart("class Cart(BaseModel):", "id: str"),
            cart("class Cart(BaseModel):", "id: str = Field(frozen=True)"),
            "shop.contracts.Cart.id",
            "the field cannot be set any more",
        ),
        Breaking(
            *case(("id: str",), ("id: Final[str]",)),
            "shop.contracts.Cart.id",
            "the field cannot be set any more",
        ),
    )
    COMPATIBLE = (
        (
            cart(TYPED_DICT, "id: NotRequired[ReadOnly[str]]"),
            cart(TYPED_DICT, "id: ReadOnly[NotRequired[str]]"),
        ),
        case(("id: Final[str]",), ("id: str",)),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, new in kept(comparison):
            before, after = is_read_only(old), is_read_only(new)
            if before is not after and not pair.type.old.frozen:
                if after:
                    yield cls.change(pair.at, "the field cannot be set any more")
                elif pair.type.old.kind is Kind.TYPED_DICT:
                    yield cls.change(pair.at, _NOT_READ_ONLY)


def _pair(first: str, second: str, order: str) -> str:
    """A generic class of these type parameters, in this order, and a method that gives one."""
    variables = "".join(f"{each} = TypeVar('{each}')\n" for each in (first, second))
    return (
        f"{variables}\n\n@dataclass\nclass Pair(Generic[{order}]):\n"
        f"    first: {first}\n    second: {second}\n\n\n@service\nclass Carts(Protocol):\n"
        "    async def get(self, id: str) -> Pair[str, int]: ..."
    )


class FieldTypeChanged(BreakingRule):
    """A field has another type, or takes other values: one version refuses, or misreads, what the
    other one sends. (A type parameter goes by its place: that of today's name is meant.)"""

    id = "FIELD_TYPE_CHANGED"
    tier = Tier.WIRE
    advice = "Add a field with the new type, with a default, and keep the old one"
    BREAKING = (
        Breaking(
            *case(("id: str",), ("id: int",)),
            "shop.contracts.Cart.id",
            "its type was `str`, and is `int`",
        ),
        Breaking(
            *case(("id: str",), ("id: str | None",)),
            "shop.contracts.Cart.id",
            "its type was `str`, and is `str | None`",
        ),
        Breaking(
            cart("class Cart(BaseModel):", "id: str = Field(min_length=1)"),
            cart("class Cart(BaseModel):", "id: str = Field(min_length=2)"),
            "shop.contracts.Cart.id",
            "`min_length` was `1`, and is `2`",
        ),
        Breaking(
            cart(ATTRS, "n: int"),
            cart(ATTRS, "n: int = attrs.field(validator=attrs.validators.ge(2))"),
            "shop.contracts.Cart.n",
            "`validator` was not set, and is `attrs.validators.ge(2)`",
        ),
        Breaking(
            _pair("K", "V", "K, V"),
            _pair("K", "V", "V, K"),
            "shop.contracts.Pair.first",
            "its type was `V`, and is `K`",
            also=(("shop.contracts.Pair.second", "its type was `K`, and is `V`"),),
        ),
    )
    COMPATIBLE = (
        case(("id: str | None",), ("id: Optional[str]",)),
        (_pair("K", "V", "K, V"), _pair("A", "B", "A, B")),
        (_pair("K", "V", "K, V"), _pair("V", "K", "V, K")),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, new in kept(comparison):
            if not _travels_alike(old, new, comparison):
                shown = comparison.forms.shown(old.type, new.type)
                yield cls.change(pair.at, was_and_is("its type", *shown))
                continue
            before, after = constraints(old), constraints(new)
            for name in sorted(before.keys() | after.keys()):
                was, now = before.get(name), after.get(name)
                if was != now:
                    yield cls.change(pair.at, was_and_is(f"`{name}`", was, now))


class FieldRespelled(BreakingRule):
    """A field has another type that travels alike: callers' source may not fit it."""

    id = "FIELD_RESPELLED"
    tier = Tier.SOURCE
    advice = "Keep the type"
    BREAKING = (
        Breaking(
            *case(("ids: list[str]",), ("ids: tuple[str, ...]",)),
            "shop.contracts.Cart.ids",
            "its type was `list[str]`, and is `tuple[str, ...]`",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        forms = comparison.forms
        for pair, old, new in kept(comparison):
            alike = forms.checks_alike(old.type, new.type)
            if not alike and _travels_alike(old, new, comparison):
                yield cls.change(pair.at, was_and_is("its type", old.type, new.type))


def _travels_alike(old: LockedField, new: LockedField, comparison: Comparison) -> bool:
    """Whether either version reads the other one's; an attribute is not read as any type."""
    attribute = old.attribute and new.attribute
    return attribute or comparison.forms.travels_alike(old.type, new.type)
