"""Rules about the fields of types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..layout import (
    constraints,
    given_as,
    given_default,
    is_closed,
    optional,
    positional,
    travels_as_array,
)
from ..rule import BreakingRule, Case, Tier

if TYPE_CHECKING:
    from ...output.lock import LockedField, LockedType
    from ..comparison import Comparison, FieldPair
    from ..rule import Change

__all__ = [
    "FieldAddedRequired",
    "FieldAddedToClosedType",
    "FieldDefaultChanged",
    "FieldGivenOtherwise",
    "FieldMadeKeywordOnly",
    "FieldMadeRequired",
    "FieldMoved",
    "FieldPresenceChanged",
    "FieldRemoved",
    "FieldRenamed",
    "FieldRespelled",
    "FieldTypeChanged",
    "IndexChanged",
    "RequiredFieldRemoved",
]

_USE = "\n\n\n@service\nclass Carts(Protocol):\n    async def get(self, id: str) -> Cart: ..."


def _cart(head: str, *fields: str) -> str:
    body = "".join(f"\n    {field}" for field in fields) or "\n    pass"
    return f"{head}{body}{_USE}"


_EITHER = _USE.replace("-> Cart", "-> Cart | str")
_DATA = "@dataclass\nclass Cart:"
_ATTRS = "@attrs.define\nclass Cart:"
_TUPLE = "class Cart(NamedTuple):"
_STRUCT = "class Cart(msgspec.Struct{}):"


def _case(*sides: tuple[str, ...]) -> Case:
    old, new = (_cart(_DATA, *side) for side in sides)
    return old, new


def _added(comparison: Comparison) -> Iterator[tuple[FieldPair, LockedField]]:
    return ((each, each.new) for each in comparison.fields if each.old is None and each.new)


def _removed(comparison: Comparison) -> Iterator[tuple[FieldPair, LockedField]]:
    return ((each, each.old) for each in comparison.fields if each.new is None and each.old)


def _kept(comparison: Comparison) -> Iterator[tuple[FieldPair, LockedField, LockedField]]:
    return ((each, each.old, each.new) for each in comparison.fields if each.old and each.new)


class FieldAddedRequired(BreakingRule):
    """A type gained a field without a default: what the old version sends lacks it."""

    id = "FIELD_ADDED_REQUIRED"
    tier = Tier.WIRE
    advice = "Give it a default"
    BREAKING = (
        _case(("id: str",), ("id: str", "owner: str")),
        (
            _cart("class Cart(TypedDict):", "id: str"),
            _cart("class Cart(TypedDict):", "id: str", "owner: str"),
        ),
        (_cart(_ATTRS, "id: str"), _cart(_ATTRS, "id: str", "n: int = attrs.field(alias='m')")),
        (
            _cart("class Cart(BaseModel):", "id: str"),
            _cart("class Cart(BaseModel):", "id: str", "owner: str = Field(min_length=1)"),
        ),
    )
    COMPATIBLE = (
        _case(("id: str",), ("id: str", "owner: str = ''")),
        _case(("id: str",), ("id: str", "lines: list[str] = field(default_factory=list)")),
        (
            _cart("class Cart(TypedDict):", "id: str"),
            _cart("class Cart(TypedDict):", "id: str", "owner: NotRequired[str]"),
        ),
        (
            _cart("class Cart(BaseModel):", "id: str"),
            _cart("class Cart(BaseModel):", "id: str", "owner: str | None = None"),
        ),
        (
            _cart("class Cart(BaseModel):", "id: str = Field(alias='key')"),
            _cart("class Cart(BaseModel):", "id: str = Field(alias='key')", "data: bytes = b''"),
        ),
        (_cart(_ATTRS, "id: str"), _cart(_ATTRS, "id: str", "n: int = attrs.field(factory=int)")),
        (
            f"{_DATA}\n    id: str{_EITHER}",
            f"{_DATA}\n    id: str\n    at: str | UUID = ''{_EITHER}",
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
    with `extra="forbid"`."""

    id = "FIELD_ADDED_TO_CLOSED_TYPE"
    tier = Tier.WIRE
    advice = "Open the type in one version, add the field in the next"
    BREAKING = (
        (_cart(_TUPLE, "id: str"), _cart(_TUPLE, "id: str", "n: int = 0")),
        (
            _cart(_STRUCT.format(", forbid_unknown_fields=True"), "id: str"),
            _cart(_STRUCT.format(", forbid_unknown_fields=True"), "id: str", "n: int = 0"),
        ),
        (
            _cart("class Cart(BaseModel, extra='forbid'):", "id: str"),
            _cart("class Cart(BaseModel, extra='forbid'):", "id: str", "n: int = 0"),
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, field in _added(comparison):
            if is_closed(pair.type.old) and optional(pair.type.new, field):
                yield cls.change(pair.at, "the field is new, and the old version refuses it")


class RequiredFieldRemoved(BreakingRule):
    """A type lost a field without a default: the old version does not read what lacks it."""

    id = "REQUIRED_FIELD_REMOVED"
    tier = Tier.WIRE
    advice = "Give it a default in one version, remove it in the next"
    BREAKING = (_case(("id: str", "owner: str"), ("id: str",)),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, field in _removed(comparison):
            if not optional(pair.type.old, field) or is_closed(pair.type.new):
                yield cls.change(pair.at, "the field is gone, and the old version requires it")


class FieldRemoved(BreakingRule):
    """A type lost a field that had a default: callers' source that uses it fails. (Of a type that
    is part of keys this is KEY_CHANGED.)"""

    id = "FIELD_REMOVED"
    tier = Tier.SOURCE
    advice = "Keep it until no caller uses it"
    BREAKING = (_case(("id: str", "owner: str = ''"), ("id: str",)),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, field in _removed(comparison):
            if (
                optional(pair.type.old, field)
                and not is_closed(pair.type.new)
                and pair.type.at not in comparison.keyed
            ):
                yield cls.change(pair.at, "the field is gone")


class FieldRenamed(BreakingRule):
    """A field has another name and travels as before: callers' source that uses it fails."""

    id = "FIELD_RENAMED"
    tier = Tier.SOURCE
    advice = "Offer the old name as a property"
    BREAKING = (
        (_cart(_TUPLE, "id: str"), _cart(_TUPLE, "key: str")),
        (
            _cart(_STRUCT.format(""), "id: str"),
            _cart(_STRUCT.format(""), "key: str = msgspec.field(name='id')"),
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, _ in _kept(comparison):
            if old.name not in {field.name for field in pair.type.new.fields}:
                yield cls.change(pair.at, f"it was `{old.name}`")


class FieldGivenOtherwise(BreakingRule):
    """A class takes a field by another keyword, or not at all, and it travels as before: callers
    that make instances fail."""

    id = "FIELD_GIVEN_OTHERWISE"
    tier = Tier.SOURCE
    advice = "Take the old keyword, too: `AliasChoices`, or `populate_by_name`"
    BREAKING = (
        (
            _cart("class Cart(BaseModel):", "id: str"),
            _cart("class Cart(BaseModel):", "id: str = Field(validation_alias='key')"),
        ),
        (
            _cart("class Cart(BaseModel):", "id: str"),
            _cart(
                "class Cart(BaseModel):",
                "id: Annotated[str, Field(alias='key', serialization_alias='id')]",
            ),
        ),
        (
            _cart("class Cart(BaseModel, populate_by_name=True):", "id: str = Field(alias='key')"),
            _cart("class Cart(BaseModel):", "id: str = Field(alias='key')"),
        ),
    )
    COMPATIBLE = (
        (
            _cart("class Cart(BaseModel):", "id: str"),
            _cart(
                "class Cart(BaseModel):",
                "id: str = Field(validation_alias=AliasChoices('key', 'id'))",
            ),
        ),
        (
            _cart("class Cart(BaseModel):", "id: str"),
            _cart(
                "class Cart(BaseModel, validate_by_name=True):",
                "id: str = Field(validation_alias='key')",
            ),
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, new in _kept(comparison):
            before, after = given_as(pair.type.old, old), given_as(pair.type.new, new)
            if old.name == new.name and not before <= after:
                lost = ", ".join(f"`{each}`" for each in sorted(before - after))
                yield cls.change(pair.at, f"it is not taken as {lost} any more")


class FieldTypeChanged(BreakingRule):
    """A field has another type, or takes other values: one version refuses, or misreads, what the
    other one sends."""

    id = "FIELD_TYPE_CHANGED"
    tier = Tier.WIRE
    advice = "Add a field with the new type, with a default, and keep the old one"
    BREAKING = (
        _case(("id: str",), ("id: int",)),
        _case(("id: str",), ("id: str | None",)),
        (
            _cart("class Cart(BaseModel):", "id: str = Field(min_length=1)"),
            _cart("class Cart(BaseModel):", "id: str = Field(min_length=2)"),
        ),
    )
    COMPATIBLE = (_case(("id: str | None",), ("id: Optional[str]",)),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, new in _kept(comparison):
            if not comparison.forms.travels_alike(old.type, new.type):
                yield cls.change(pair.at, f"`{old.type}` became `{new.type}`")
            elif constraints(old) != constraints(new):
                yield cls.change(pair.at, "it takes other values")


class FieldRespelled(BreakingRule):
    """A field has another type that travels alike: callers' source may not fit it."""

    id = "FIELD_RESPELLED"
    tier = Tier.SOURCE
    advice = "Keep the type"
    BREAKING = (_case(("ids: list[str]",), ("ids: tuple[str, ...]",)),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        forms = comparison.forms
        for pair, old, new in _kept(comparison):
            alike = forms.checks_alike(old.type, new.type)
            if not alike and forms.travels_alike(old.type, new.type):
                yield cls.change(pair.at, f"`{old.type}` became `{new.type}`")


class FieldMadeRequired(BreakingRule):
    """A field lost its default: callers that make instances without it fail."""

    id = "FIELD_MADE_REQUIRED"
    tier = Tier.SOURCE
    advice = "Keep the default"
    BREAKING = (_case(("id: str = ''",), ("id: str",)),)
    COMPATIBLE = (_case(("id: str",), ("id: str = ''",)),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, new in _kept(comparison):
            lost = optional(pair.type.old, old) and not optional(pair.type.new, new)
            if lost and not _may_be_absent(pair.type.old, old):
                yield cls.change(pair.at, "the field has no default any more")


class FieldPresenceChanged(BreakingRule):
    """A field may be left out by one version that the other one requires: a key of a `TypedDict`,
    or a field of a Struct with `omit_defaults`."""

    id = "FIELD_PRESENCE_CHANGED"
    tier = Tier.WIRE
    advice = "Let every reader do without it first"
    BREAKING = (
        (
            _cart("class Cart(TypedDict):", "id: str"),
            _cart("class Cart(TypedDict):", "id: NotRequired[str]"),
        ),
        (
            _cart(_STRUCT.format(", omit_defaults=True"), "id: str = ''"),
            _cart(_STRUCT.format(", omit_defaults=True"), "id: str"),
        ),
    )
    COMPATIBLE = (
        (
            _cart("class Cart(TypedDict):", "id: str"),
            _cart("class Cart(TypedDict):", "id: Required[str]"),
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, new in _kept(comparison):
            first, second = pair.type.old, pair.type.new
            if _may_be_absent(first, old) and not optional(second, new):
                yield cls.change(pair.at, "the field became required")
            elif _may_be_absent(second, new) and not optional(first, old):
                yield cls.change(pair.at, "the field may be left out, and was required")


class FieldDefaultChanged(BreakingRule):
    """A default changed that is not sent (`omit_defaults`): either version fills in its own."""

    id = "FIELD_DEFAULT_CHANGED"
    tier = Tier.WIRE
    advice = "Keep the default, or drop `omit_defaults` in a version before"
    BREAKING = (
        (
            _cart(_STRUCT.format(", omit_defaults=True"), "n: int = 1"),
            _cart(_STRUCT.format(", omit_defaults=True"), "n: int = 2"),
        ),
    )
    COMPATIBLE = (_case(("n: int = 1",), ("n: int = 2",)),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair, old, new in _kept(comparison):
            omitted = any(
                type_.options.get("omit_defaults") == "True"
                for type_ in (pair.type.old, pair.type.new)
            )
            before, after = given_default(old), given_default(new)
            if omitted and before is not None and after not in (None, before):
                yield cls.change(pair.at, f"the default {before} became {after}")


class FieldMoved(BreakingRule):
    """The fields have another order: callers that make instances with positional arguments pass
    them to other fields."""

    id = "FIELD_MOVED"
    tier = Tier.SOURCE
    advice = "Add fields at the end, or make the class `kw_only`"
    BREAKING = (
        _case(("a: str", "b: str"), ("b: str", "a: str")),
        _case(("a: str", "b: str = ''"), ("a: str", "c: str = ''", "b: str = ''")),
    )
    COMPATIBLE = (
        (
            _cart("@dataclass(kw_only=True)\nclass Cart:", "a: str", "b: str"),
            _cart("@dataclass(kw_only=True)\nclass Cart:", "b: str", "a: str"),
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.records:
            old, new = positional(pair.old), positional(pair.new)
            if not travels_as_array(pair.new) and _places_changed(old, new):
                yield cls.change(pair.at, "its fields have another order")


class FieldMadeKeywordOnly(BreakingRule):
    """A field can no longer be given by position: callers that make instances so fail."""

    id = "FIELD_MADE_KEYWORD_ONLY"
    tier = Tier.SOURCE
    advice = "Leave both ways open"
    BREAKING = (
        (
            _cart("@dataclass\nclass Cart:", "id: str"),
            _cart("@dataclass(kw_only=True)\nclass Cart:", "id: str"),
        ),
        _case(("id: str", "n: int = 0"), ("id: str", "n: int = field(default=0, kw_only=True)")),
        _case(("id: str", "n: int = 0"), ("id: str", "_: KW_ONLY", "n: int = 0")),
    )
    COMPATIBLE = (
        (
            _cart("@dataclass(kw_only=True)\nclass Cart:", "id: str"),
            _cart("@dataclass\nclass Cart:", "id: str"),
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.records:
            taken = {each.name for each in pair.new.fields if given_as(pair.new, each)}
            kept = taken.intersection(positional(pair.old))
            if pair.new.kind == pair.old.kind:
                for name in sorted(kept.difference(positional(pair.new))):
                    yield cls.change(f"{pair.at}.{name}", "it has to be given by keyword")


class IndexChanged(BreakingRule):
    """The fields of a type that travels as an array have another order: a `NamedTuple`, or a Struct
    with `array_like`."""

    id = "INDEX_CHANGED"
    tier = Tier.WIRE
    advice = "Add fields at the end"
    BREAKING = (
        (_cart(_TUPLE, "a: str", "b: str"), _cart(_TUPLE, "b: str", "a: str")),
        (
            _cart(_STRUCT.format(", array_like=True"), "a: str", "b: str"),
            _cart(_STRUCT.format(", array_like=True"), "b: str", "a: str"),
        ),
    )
    COMPATIBLE = (
        (
            _cart(_STRUCT.format(", array_like=True"), "a: str"),
            _cart(_STRUCT.format(", array_like=True"), "a: str", "b: str = ''"),
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.records:
            old, new = (tuple(each.name for each in type_.fields) for type_ in (pair.old, pair.new))
            if travels_as_array(pair.new) and _places_changed(old, new):
                yield cls.change(pair.at, "its fields have another order")


def _may_be_absent(type_: LockedType, field: LockedField) -> bool:
    """Whether a writer may leave the field out."""
    writes_all = type_.kind != "typed-dict" and type_.options.get("omit_defaults") != "True"
    return optional(type_, field) and not writes_all


def _places_changed(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """Whether a field stands elsewhere than before, other than by the loss of one before it."""
    kept = tuple(name for name in before if name in after)
    return kept != after[: len(kept)]
