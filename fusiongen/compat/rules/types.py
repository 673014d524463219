"""Rules about types as a whole: their sort and their options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..comparison import record_style, renamed_otherwise
from ..layout import is_closed, travels_as_array
from ..rule import BreakingRule, Case, Tier

if TYPE_CHECKING:
    from ...output.lock import LockedType
    from ..comparison import Comparison, TypePair
    from ..rule import Change

__all__ = [
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


class TypeKindChanged(BreakingRule):
    """A type is of another sort that travels in another form: a dataclass became a `NamedTuple`, an
    enum a `NewType`; or, in a union, a dataclass became a model."""

    id = "TYPE_KIND_CHANGED"
    tier = Tier.WIRE
    advice = "Add a type of the new sort under another name, and a method that uses it"
    BREAKING = (
        _case(f"@dataclass\nclass Cart:{_FIELD}", f"class Cart(NamedTuple):{_FIELD}"),
        _case("class Cart(Enum):\n    A = 'a'", "Cart = NewType('Cart', str)"),
        _case("Cart = Literal['a', 'b']", "class Cart(StrEnum):\n    A = 'a'"),
        (
            f"@dataclass\nclass Cart:{_FIELD}{_USE.replace('-> Cart', '-> Cart | str')}",
            f"class Cart(BaseModel):{_FIELD}{_USE.replace('-> Cart', '-> Cart | str')}",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.types:
            if not _travels_alike(pair, comparison):
                yield cls.change(pair.at, f"the {pair.old.kind} became a {pair.new.kind}")


def _travels_alike(pair: TypePair, comparison: Comparison) -> bool:
    """Whether the sorts do. Where both stand for other types, those are for other rules."""
    old, new = pair.old, pair.new
    if (old.target is None) is not (new.target is None):
        return comparison.forms.travels_alike(old.target or pair.at, new.target or pair.at)
    if old.target is not None or old.kind == new.kind:
        return True
    if (old.kind == "model") is not (new.kind == "model") and pair.at in comparison.within_unions:
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
        _case(f"@dataclass\nclass Cart:{_FIELD}", f"class Cart(msgspec.Struct):{_FIELD}"),
        _case(f"class Cart(BaseModel):{_FIELD}", f"@dataclass(kw_only=True)\nclass Cart:{_FIELD}"),
        _case(f"class Cart(TypedDict):{_FIELD}", f"@dataclass\nclass Cart:{_FIELD}"),
        _case(f"@dataclass\nclass Cart:{_FIELD}", f"@attrs.define\nclass Cart:{_FIELD}"),
        _case("Cart = str", "Cart = NewType('Cart', str)"),
        _case("Cart = NewType('Cart', date)", "Cart = date"),
        _case("Cart = Literal['a', 'b']", "class Cart(StrEnum):\n    A = 'a'\n    B = 'b'"),
        _case("class Cart(Enum):\n    A = 1\n    B = 2", "Cart = Literal[1, 2]"),
    )
    COMPATIBLE = (_case("Cart = NewType('Cart', str)", "Cart = str"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.types:
            old, new = pair.old.kind, pair.new.kind
            if old == new or not _travels_alike(pair, comparison):
                continue
            if (old, new) != ("newtype", "alias") or not _makes_itself(pair.old):
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
    """A NewType or an alias stands for a type that travels in another form; or a type is made by a
    call in another way, and what it makes cannot be read."""

    id = "TYPE_TARGET_CHANGED"
    tier = Tier.WIRE
    advice = "Add a NewType or an alias under another name"
    BREAKING = (
        _case("Cart = NewType('Cart', str)", "Cart = NewType('Cart', int)"),
        _case("Cart = dict[str, int]", "Cart = dict[str, str]"),
        _case("Cart = Enum('Cart', 'A B')", "Cart = Enum('Cart', 'A B C')"),
    )
    COMPATIBLE = (_case("Cart = Optional[str]", "Cart = Union[str, None]"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.types:
            old, new = pair.old.target, pair.new.target
            if old and new and not comparison.forms.travels_alike(old, new):
                yield cls.change(pair.at, f"`{old}` became `{new}`")
            elif pair.old.text and pair.new.text and pair.old.text != pair.new.text:
                yield cls.change(pair.at, f"`{pair.old.text}` became `{pair.new.text}`")


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
    `alias_generator`, and a field is called otherwise for it, or may be, if it is somebody's
    function; `tag` or `tag_field`, and somebody looks at it: a union, or a reader that takes only
    what it knows (a tag that is the name of the class changes with it); the `boundary` of a
    flag, which says what comes of bits that it does not know."""

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
        (
            f"class Cart(msgspec.Struct, tag=True):{_FIELD}{_EITHER}",
            f"class Basket(msgspec.Struct, tag=True):{_FIELD}\n\n\nCart = Basket{_EITHER}",
        ),
        _case(
            "class Cart(IntFlag):\n    A = 1",
            "class Cart(IntFlag, boundary=STRICT):\n    A = 1",
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
            for option in ("array_like", "boundary", *renaming, *tagging):
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
