"""Rules about types as a whole: their sort, their options, the members of enums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .base import BreakingRule, Case, Tier
from .comparison import record_style, renamed_otherwise, travels_as_array
from .fields import enum_values, is_closed

if TYPE_CHECKING:
    from ..lock import LockedType
    from .base import Change
    from .comparison import Comparison, TypePair

__all__ = [
    "EnumMemberAdded",
    "EnumMemberRemoved",
    "EnumMemberRenamed",
    "EnumValueChanged",
    "TypeAccessChanged",
    "TypeFrozenChanged",
    "TypeKindChanged",
    "TypeOptionsChanged",
    "TypeRemoved",
    "TypeTargetChanged",
    "TypeTargetRespelled",
]

_USE = "\n\n\n@service\nclass Carts(Protocol):\n    async def get(self, id: str) -> Cart: ..."
_FIELD = "\n    id: str"
_IDS = (
    "{0} = tuple[str, ...]\n\n\n@service\nclass Carts(Protocol):\n"
    "    async def ids(self) -> {0}: ..."
)
_EITHER = (
    "\n\n\nclass Note(msgspec.Struct, tag='b'):\n    text: str\n\n\n"
    "@service\nclass Carts(Protocol):\n    async def get(self, id: str) -> Cart | Note: ..."
)
_RENAMING = ("alias_generator", "rename")
_TAGGING = ("tag", "tag_field")


def _case(old: str, new: str) -> Case:
    return old + _USE, new + _USE


def _enum(old: str, new: str, base: str = "Enum") -> Case:
    return _case(*(f"class Cart({base}):\n    {each}" for each in (old, new)))


class TypeKindChanged(BreakingRule):
    """A type is of another sort that travels in another form: a dataclass became a `NamedTuple`, an
    enum a `NewType`."""

    id = "TYPE_KIND_CHANGED"
    tier = Tier.WIRE
    advice = "Add a type of the new sort under another name, and a method that uses it"
    BREAKING = (
        _case(f"@dataclass\nclass Cart:{_FIELD}", f"class Cart(NamedTuple):{_FIELD}"),
        _case("class Cart(Enum):\n    A = 'a'", "Cart = NewType('Cart', str)"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.types:
            styles = record_style(pair.old), record_style(pair.new)
            targets = pair.old.target is not None and pair.new.target is not None
            same = styles[0] == styles[1] if any(styles) else pair.old.kind == pair.new.kind
            if not same and not targets:
                yield cls.change(pair.at, f"the {pair.old.kind} became a {pair.new.kind}")


class TypeAccessChanged(BreakingRule):
    """A type is of another sort that travels alike: a dataclass became a Struct or a model, a
    `TypedDict` a class, an alias a `NewType`. Callers' source that does with it what only the one
    sort can do fails: `dataclasses.replace`, `model_copy`, `cart["id"]`."""

    id = "TYPE_ACCESS_CHANGED"
    tier = Tier.SOURCE
    advice = "Keep the sort of type"
    BREAKING = (
        _case(f"@dataclass\nclass Cart:{_FIELD}", f"class Cart(msgspec.Struct):{_FIELD}"),
        _case(f"class Cart(BaseModel):{_FIELD}", f"@dataclass(kw_only=True)\nclass Cart:{_FIELD}"),
        _case(f"class Cart(TypedDict):{_FIELD}", f"@dataclass\nclass Cart:{_FIELD}"),
        _case(f"@dataclass\nclass Cart:{_FIELD}", f"@attrs.define\nclass Cart:{_FIELD}"),
        _case("Cart = str", "Cart = NewType('Cart', str)"),
        _case("Cart = NewType('Cart', date)", "Cart = date"),
    )
    COMPATIBLE = (_case("Cart = NewType('Cart', str)", "Cart = str"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.types:
            old, new = pair.old.kind, pair.new.kind
            style = record_style(pair.old)
            alike = style is not None and style == record_style(pair.new)
            made = (old, new) == ("newtype", "alias") and not _makes_itself(pair.old)
            if (alike and old != new) or (old, new) == ("alias", "newtype") or made:
                yield cls.change(pair.at, f"the {old} became a {new}")


_MAKING_THEMSELVES = frozenset(
    (
        *("bool", "bytes", "decimal.Decimal", "dict", "float", "frozenset", "int", "list", "set"),
        *("str", "tuple"),
    )
)


def _makes_itself(newtype: LockedType) -> bool:
    """Whether `Name(value)` goes on working if the NewType `Name` becomes an alias."""
    return (newtype.target or "").partition("[")[0] in _MAKING_THEMSELVES


class TypeTargetChanged(BreakingRule):
    """A NewType or an alias stands for a type that travels in another form."""

    id = "TYPE_TARGET_CHANGED"
    tier = Tier.WIRE
    advice = "Add a NewType or an alias under another name"
    BREAKING = (
        _case("Cart = NewType('Cart', str)", "Cart = NewType('Cart', int)"),
        _case("Cart = dict[str, int]", "Cart = dict[str, str]"),
    )
    COMPATIBLE = (_case("Cart = Optional[str]", "Cart = Union[str, None]"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.types:
            old, new = pair.old.target, pair.new.target
            if old and new and not comparison.forms.travels_alike(old, new):
                yield cls.change(pair.at, f"`{old}` became `{new}`")


class TypeTargetRespelled(BreakingRule):
    """A NewType or an alias stands for another type that travels alike: callers' source may not fit
    it."""

    id = "TYPE_TARGET_RESPELLED"
    tier = Tier.SOURCE
    advice = "Keep the type"
    BREAKING = (
        _case("Cart = list[str]", "Cart = tuple[str, ...]"),
        _case("Cart = str", "Cart = Id"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        forms = comparison.forms
        for pair in comparison.types:
            old, new = pair.old.target, pair.new.target
            if old and new and forms.travels_alike(old, new) and not forms.checks_alike(old, new):
                yield cls.change(pair.at, f"`{old}` became `{new}`")


class TypeRemoved(BreakingRule):
    """A type is gone from its module, or has another name there: callers' imports of it fail."""

    id = "TYPE_REMOVED"
    tier = Tier.SOURCE
    advice = "Keep the name as an alias of what took its place"
    BREAKING = ((_IDS.format("Ids"), _IDS.format("Keys")),)
    COMPATIBLE = (
        _case(
            f"@dataclass\nclass Cart:{_FIELD}",
            f"@dataclass\nclass Basket:{_FIELD}\n\n\nCart = Basket",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for name in sorted(comparison.gone):
            yield cls.change(name, "it is gone from there")


class TypeOptionsChanged(BreakingRule):
    """An option of a class changed that decides its form on the wire: `array_like`; `rename` or
    `alias_generator`, and a field is called otherwise for it; `tag` or `tag_field`, and somebody
    looks at it: a union, or a reader that takes only what it knows."""

    id = "TYPE_OPTIONS_CHANGED"
    tier = Tier.WIRE
    advice = "Add a type with the option under another name"
    BREAKING = (
        _case(
            f"class Cart(msgspec.Struct):{_FIELD}",
            f"class Cart(msgspec.Struct, array_like=True):{_FIELD}",
        ),
        _case(
            f"class Cart(msgspec.Struct):{_FIELD}\n    shop_id: str",
            f"class Cart(msgspec.Struct, rename='camel'):{_FIELD}\n    shop_id: str",
        ),
        _case(
            f"class Cart(msgspec.Struct, tag='a'):{_FIELD}",
            f"class Cart(msgspec.Struct, tag='b'):{_FIELD}",
        ),
        _case(
            f"class Cart(msgspec.Struct, forbid_unknown_fields=True):{_FIELD}",
            f"class Cart(msgspec.Struct, forbid_unknown_fields=True, tag=True):{_FIELD}",
        ),
        (
            f"class Cart(msgspec.Struct, tag='a'):{_FIELD}{_EITHER}",
            f"class Cart(msgspec.Struct, tag='a', tag_field='kind'):{_FIELD}{_EITHER}",
        ),
    )
    COMPATIBLE = (
        _case(
            f"class Cart(msgspec.Struct):{_FIELD}",
            f"class Cart(msgspec.Struct, rename='camel'):{_FIELD}",
        ),
        _case(
            f"class Cart(msgspec.Struct):{_FIELD}",
            f"class Cart(msgspec.Struct, array_like=False):{_FIELD}",
        ),
        _case(
            f"class Cart(msgspec.Struct):{_FIELD}",
            f"class Cart(msgspec.Struct, tag=True):{_FIELD}",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.types:
            renaming = _RENAMING if renamed_otherwise(pair) else ()
            tagging = _TAGGING if _tag_matters(pair, comparison) else ()
            for option in ("array_like", *renaming, *tagging):
                old, new = (_option(each, option) for each in (pair.old, pair.new))
                if old != new:
                    yield cls.change(pair.at, f"`{option}` was {old}, and is {new}")


def _tag_matters(pair: TypePair, comparison: Comparison) -> bool:
    """Whether it breaks if the tag is another one; a lone reader does without one."""
    both = (pair.old, pair.new)
    tags = [_option(each, "tag") for each in both]
    fields = {_option(each, "tag_field") for each in both}
    return (
        pair.at in comparison.united
        or any(is_closed(each) or travels_as_array(each) for each in both)
        or ("None" not in tags and len(fields) == 1)
    )


def _option(type_: LockedType, name: str) -> str:
    text = type_.options.get(name, "None")
    return "None" if text == "False" else text


class TypeFrozenChanged(BreakingRule):
    """A class became frozen, so callers that set its fields fail; or it is frozen no longer, so
    callers that use it in a set or as the key of a dict fail."""

    id = "TYPE_FROZEN_CHANGED"
    tier = Tier.SOURCE
    advice = "Add a type under another name"
    BREAKING = (
        _case(f"@dataclass\nclass Cart:{_FIELD}", f"@dataclass(frozen=True)\nclass Cart:{_FIELD}"),
        _case(f"@dataclass(frozen=True)\nclass Cart:{_FIELD}", f"@dataclass\nclass Cart:{_FIELD}"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.records:
            if pair.old.frozen != pair.new.frozen:
                yield cls.change(pair.at, f"it is {'' if pair.new.frozen else 'not '}frozen")


def _enums(comparison: Comparison) -> Iterator[TypePair]:
    return (pair for pair in comparison.types if pair.old.kind == pair.new.kind == "enum")


class EnumMemberAdded(BreakingRule):
    """An enum has a member more: the old version cannot read it."""

    id = "ENUM_MEMBER_ADDED"
    tier = Tier.WIRE
    advice = "Send it only when every reader has the new version, and allow the change then"
    BREAKING = (_enum("A = 'a'", "A = 'a'\n    B = 'b'"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in _enums(comparison):
            old, new = enum_values(pair.old), enum_values(pair.new)
            for name, value in new.items():
                if name not in old and value not in old.values():
                    yield cls.change(f"{pair.at}.{name}", "the member is new")


class EnumMemberRemoved(BreakingRule):
    """An enum has lost a member: the new version cannot read it."""

    id = "ENUM_MEMBER_REMOVED"
    tier = Tier.WIRE
    advice = "Keep it until nobody sends it"
    BREAKING = (_enum("A = 'a'\n    B = 'b'", "A = 'a'"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in _enums(comparison):
            old, new = enum_values(pair.old), enum_values(pair.new)
            for name, value in old.items():
                if name not in new and value not in new.values():
                    yield cls.change(f"{pair.at}.{name}", "the member is gone")


class EnumMemberRenamed(BreakingRule):
    """A member has another name and the same value: it travels as before, but callers' source that
    names it fails."""

    id = "ENUM_MEMBER_RENAMED"
    tier = Tier.SOURCE
    advice = "Keep the old name as an alias: a second member of the same value"
    BREAKING = (_enum("A = 'a'", "ANY = 'a'"),)
    COMPATIBLE = (_enum("A = 'a'", "ALL = 'a'\n    A = 'a'"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in _enums(comparison):
            old, new = enum_values(pair.old), enum_values(pair.new)
            for name, value in old.items():
                if name not in new and value in new.values():
                    yield cls.change(f"{pair.at}.{name}", "the member has another name")


class EnumValueChanged(BreakingRule):
    """A member has another value: it travels as its value, and the other version does not know it.
    A new member before others shifts what `auto()` gives them.

    An enum with a value that is neither a string nor an integer travels by the names of its
    members, so that its values do not matter.
    """

    id = "ENUM_VALUE_CHANGED"
    tier = Tier.WIRE
    advice = "Keep the values; write them out in place of `auto()`"
    BREAKING = (
        _enum("A = 'a'", "A = 'b'"),
        _enum("A = auto()\n    B = auto()", "A = 2\n    B = auto()"),
    )
    COMPATIBLE = (
        _enum("A = 1.5", "A = 2.5"),
        _enum("A = auto()", "A = 1"),
        _enum("A = auto()", "A = 'a'", "StrEnum"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in _enums(comparison):
            old, new = enum_values(pair.old), enum_values(pair.new)
            for name, value in old.items():
                if name in new and new[name] != value:
                    yield cls.change(f"{pair.at}.{name}", f"{value} became {new[name]}")
