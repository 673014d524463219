"""Rules about the fields that a type gained."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...layout import is_closed, optional
from ...rule import Breaking, BreakingRule, Tier
from ..cases import USE
from .cases import ATTRS, DATA, NAMED_TUPLE, STRUCT, cart, case

if TYPE_CHECKING:
    from ....output.lock import LockedField
    from ...comparison import Comparison, FieldPair
    from ...rule import Change

__all__ = ["FieldAddedRequired", "FieldAddedToClosedType"]

_EITHER = USE.replace("-> Cart", "-> Cart | str")
_LINE = "@dataclass\nclass Line:\n    id: str\n"
_CLOSED = "\n\nclass Cart(BaseModel, extra='forbid'):"


def _added(comparison: Comparison) -> Iterator[tuple[FieldPair, LockedField]]:
    return ((each, each.new) for each in comparison.fields if each.old is None and each.new)


class FieldAddedRequired(BreakingRule):
    """A type gained a field without a default: what the old version sends lacks it."""

    id = "FIELD_ADDED_REQUIRED"
    tier = Tier.WIRE
    advice = "Give it a default"
    BREAKING = (
        Breaking(
            *case(("id: str",), ("id: str", "owner: str")),
            "shop.contracts.Cart.owner",
            "the field is new, and required",
        ),
        Breaking(
            cart("class Cart(TypedDict):", "id: str"),
            cart("class Cart(TypedDict):", "id: str", "owner: str"),
            "shop.contracts.Cart.owner",
            "the field is new, and required",
        ),
        Breaking(
            cart(ATTRS, "id: str"),
            cart(ATTRS, "id: str", "n: int = attrs.field(alias='m')"),
            "shop.contracts.Cart.n",
            "the field is new, and required",
        ),
        Breaking(
            cart("class Cart(BaseModel):", "id: str"),
            cart("class Cart(BaseModel):", "id: str", "owner: str = Field(min_length=1)"),
            "shop.contracts.Cart.owner",
            "the field is new, and required",
        ),
    )
    COMPATIBLE = (
        case(("id: str",), ("id: str", "owner: str = ''")),
        case(("id: str",), ("id: str", "lines: list[str] = field(default_factory=list)")),
        (
            cart("class Cart(TypedDict):", "id: str"),
            cart("class Cart(TypedDict):", "id: str", "owner: NotRequired[str]"),
        ),
        (
            cart("class Cart(BaseModel):", "id: str"),
            cart("class Cart(BaseModel):", "id: str", "owner: str | None = None"),
        ),
        (
            cart("class Cart(BaseModel):", "id: str = Field(alias='key')"),
            cart("class Cart(BaseModel):", "id: str = Field(alias='key')", "data: bytes = b''"),
        ),
        (cart(ATTRS, "id: str"), cart(ATTRS, "id: str", "n: int = attrs.field(factory=int)")),
        (
            f"{DATA}\n    id: str{_EITHER}",
            f"{DATA}\n    id: str\n    at: str | UUID = ''{_EITHER}",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, field in _added(comparison):
            if not optional(pair.type.new, field):
                yield cls.change(pair.at, "the field is new, and required")


class FieldAddedToClosedType(BreakingRule):
    """A type that refuses fields that it does not know gained one: the old version does not read
    what the new one sends. Such are a `NamedTuple`, a Struct with `forbid_unknown_fields`, a model
    with `extra="forbid"`, and a dataclass or `TypedDict` in one."""

    id = "FIELD_ADDED_TO_CLOSED_TYPE"
    tier = Tier.WIRE
    advice = "Open the type in one version, add the field in the next"
    BREAKING = (
        Breaking(
            cart(NAMED_TUPLE, "id: str"),
            cart(NAMED_TUPLE, "id: str", "n: int = 0"),
            "shop.contracts.Cart.n",
            "the field is new, and the old version refuses it",
        ),
        Breaking(
            cart(STRUCT.format(", forbid_unknown_fields=True"), "id: str"),
            cart(STRUCT.format(", forbid_unknown_fields=True"), "id: str", "n: int = 0"),
            "shop.contracts.Cart.n",
            "the field is new, and the old version refuses it",
        ),
        Breaking(
            cart("class Cart(BaseModel, extra='forbid'):", "id: str"),
            cart("class Cart(BaseModel, extra='forbid'):", "id: str", "n: int = 0"),
            "shop.contracts.Cart.n",
            "the field is new, and the old version refuses it",
        ),
        Breaking(
            cart(f"{_LINE}{_CLOSED}", "line: Line"),
            cart(f"{_LINE}    n: int = 0\n{_CLOSED}", "line: Line"),
            "shop.contracts.Line.n",
            "the field is new, and the old version refuses it",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, field in _added(comparison):
            if is_closed(pair.type.old) and optional(pair.type.new, field):
                yield cls.change(pair.at, "the field is new, and the old version refuses it")
