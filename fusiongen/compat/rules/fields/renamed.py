"""Rules about what a field is called in callers' source."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...layout import given_as
from ...rule import Breaking, BreakingRule, Tier
from .cases import NAMED_TUPLE, STRUCT, cart, kept

if TYPE_CHECKING:
    from ...comparison import Comparison
    from ...rule import Change

__all__ = ["FieldGivenOtherwise", "FieldRenamed"]


class FieldRenamed(BreakingRule):
    """A field has another name and travels as before: callers' source that uses it fails."""

    id = "FIELD_RENAMED"
    tier = Tier.SOURCE
    advice = "Offer the old name as a property"
    BREAKING = (
        Breaking(
            cart(NAMED_TUPLE, "id: str"),
            cart(NAMED_TUPLE, "key: str"),
            "shop.contracts.Cart.key",
            "the field was called `id`",
        ),
        Breaking(
            cart(STRUCT.format(""), "id: str"),
            cart(STRUCT.format(""), "key: str = msgspec.field(name='id')"),
            "shop.contracts.Cart.key",
            "the field was called `id`",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, _ in kept(comparison):
            if old.name not in {field.name for field in pair.type.new.fields}:
                yield cls.change(pair.at, f"the field was called `{old.name}`")


class FieldGivenOtherwise(BreakingRule):
    """A class takes a field by another keyword, or not at all, and it travels as before: callers
    that make instances fail."""

    id = "FIELD_GIVEN_OTHERWISE"
    tier = Tier.SOURCE
    advice = "Take the old keyword, too: `AliasChoices`, or `populate_by_name`"
    BREAKING = (
        Breaking(
            cart("class Cart(BaseModel):", "id: str"),
            cart("class Cart(BaseModel):", "id: str = Field(validation_alias='key')"),
            "shop.contracts.Cart.id",
            "it is not taken as `id` any more",
        ),
        Breaking(
            cart("class Cart(BaseModel):", "id: str"),
            cart(
                "class Cart(BaseModel):",
                "id: Annotated[str, Field(alias='key', serialization_alias='id')]",
            ),
            "shop.contracts.Cart.id",
            "it is not taken as `id` any more",
        ),
        Breaking(
            cart("class Cart(BaseModel, populate_by_name=True):", "id: str = Field(alias='key')"),
            cart("class Cart(BaseModel):", "id: str = Field(alias='key')"),
            "shop.contracts.Cart.id",
            "it is not taken as `id` any more",
        ),
    )
    COMPATIBLE = (
        (
            cart("class Cart(BaseModel):", "id: str"),
            cart(
                "class Cart(BaseModel):",
                "id: str = Field(validation_alias=AliasChoices('key', 'id'))",
            ),
        ),
        (
            cart("class Cart(BaseModel):", "id: str"),
            cart(
                "class Cart(BaseModel, validate_by_name=True):",
                "id: str = Field(validation_alias='key')",
            ),
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, new in kept(comparison):
            before, after = given_as(pair.type.old, old), given_as(pair.type.new, new)
            if old.name == new.name and not before <= after:
                lost = ", ".join(f"`{each}`" for each in sorted(before - after))
                yield cls.change(pair.at, f"it is not taken as {lost} any more")
