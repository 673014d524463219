"""Rules about the options of classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...comparison import renamed_otherwise
from ...configured import asked_otherwise
from ...layout import is_closed, travels_as_array
from ...rule import Breaking, BreakingRule, Tier, was_and_is
from .cases import FIELD, case

if TYPE_CHECKING:
    from ....output.lock import LockedType
    from ...comparison import Comparison, TypePair
    from ...rule import Change

__all__ = ["TypeFrozenChanged", "TypeOptionsChanged"]

_EITHER = (
    "\n\n\nclass Note(msgspec.Struct, tag='b'):\n    text: str\n\n\n"
    "@service\nclass Carts(Protocol):\n    async def get(self, id: str) -> Cart | Note: ..."
)
_RENAMING = ("alias_generator", "rename")
_TAGGING = ("tag", "tag_field")
_UPPER = "{'str_to_upper': True}"
_WITHIN = (
    "import pydantic\nimport typing_extensions\n\n\n@pydantic.with_config({})\n"
    f"class Row(typing_extensions.TypedDict):{FIELD}\n\n\n"
)
_NO_TEXT = "n: dict[UUID, tuple[int | None, ...]]\n    way: Literal['a', 'b']"


def _model(configuration: str, fields: str) -> str:
    return f"class Cart(BaseModel):\n    model_config = {configuration}\n    {fields}"


class TypeOptionsChanged(BreakingRule):
    """An option of a class changed that decides its form on the wire: `array_like`; `rename` or
    `alias_generator`, and a field is called otherwise for it, or may be, if it is somebody's
    function; `tag` or `tag_field`, and somebody looks at it: a union, or a reader that takes only
    what it knows (a tag that is the name of the class changes with it); the `boundary` of a
    flag, which says what comes of bits that it does not know; what a model's configuration asks
    of numbers and texts, if it has any: `allow_inf_nan`, `str_max_length`, `str_to_lower`, …; and
    that of a TypedDict or a dataclass in a model."""

    id = "TYPE_OPTIONS_CHANGED"
    tier = Tier.WIRE
    advice = "Add a type with the option under another name"
    BREAKING = (
        Breaking(
            *case(
                f"class Cart(msgspec.Struct):{FIELD}",
                f"class Cart(msgspec.Struct, array_like=True):{FIELD}",
            ),
            "shop.contracts.Cart",
            "`array_like` was not set, and is `True`",
        ),
        Breaking(
            *case(
                f"class Cart(msgspec.Struct):{FIELD}\n    shop_id: str",
                f"class Cart(msgspec.Struct, rename='camel'):{FIELD}\n    shop_id: str",
            ),
            "shop.contracts.Cart",
            "`rename` was not set, and is `'camel'`",
        ),
        Breaking(
            *case(
                f"class Cart(msgspec.Struct, tag='a'):{FIELD}",
                f"class Cart(msgspec.Struct, tag='b'):{FIELD}",
            ),
            "shop.contracts.Cart",
            "`tag` was `'a'`, and is `'b'`",
        ),
        Breaking(
            *case(
                f"class Cart(msgspec.Struct, forbid_unknown_fields=True):{FIELD}",
                f"class Cart(msgspec.Struct, forbid_unknown_fields=True, tag=True):{FIELD}",
            ),
            "shop.contracts.Cart",
            "`tag` was not set, and is `'Cart'`",
        ),
        Breaking(
            f"class Cart(msgspec.Struct, tag='a'):{FIELD}{_EITHER}",
            f"class Cart(msgspec.Struct, tag='a', tag_field='kind'):{FIELD}{_EITHER}",
            "shop.contracts.Cart",
            "`tag_field` was not set, and is `'kind'`",
        ),
        Breaking(
            f"class Cart(msgspec.Struct, tag=True):{FIELD}{_EITHER}",
            f"class Basket(msgspec.Struct, tag=True):{FIELD}\n\n\nCart = Basket{_EITHER}",
            "shop.contracts.Basket",
            "`tag` was `'Cart'`, and is `'Basket'`",
        ),
        Breaking(
            *case(
                "class Cart(IntFlag):\n    A = 1",
                "class Cart(IntFlag, boundary=STRICT):\n    A = 1",
            ),
            "shop.contracts.Cart",
            "`boundary` was `keep`, and is `strict`",
        ),
        Breaking(
            *case(
                f"class Cart(BaseModel):{FIELD}",
                f"class Cart(BaseModel):\n    model_config = {{'str_max_length': 3}}{FIELD}",
            ),
            "shop.contracts.Cart",
            "`str_max_length` was not set, and is `3`",
        ),
        Breaking(
            *case(
                f"@dataclass\nclass Note:{FIELD}\n\n\n{_model('{}', 'notes: list[Note]')}",
                f"@dataclass\nclass Note:{FIELD}\n\n\n{_model(_UPPER, 'notes: list[Note]')}",
            ),
            "shop.contracts.Cart",
            "`str_to_upper` was not set, and is `True`",
        ),
        Breaking(
            *case(
                f"{_WITHIN.format('{}')}{_model('{}', 'row: Row')}",
                f"{_WITHIN.format(_UPPER)}{_model('{}', 'row: Row')}",
            ),
            "shop.contracts.Row",
            "`str_to_upper` was not set, and is `True`",
        ),
    )
    COMPATIBLE = (
        case(
            f"class Cart(msgspec.Struct):{FIELD}",
            f"class Cart(msgspec.Struct, rename='camel'):{FIELD}",
        ),
        case(
            f"class Cart(msgspec.Struct):{FIELD}",
            f"class Cart(msgspec.Struct, array_like=False):{FIELD}",
        ),
        case(
            f"class Cart(msgspec.Struct):{FIELD}",
            f"class Cart(msgspec.Struct, tag=True):{FIELD}",
        ),
        case(_model("{}", _NO_TEXT), _model("{'str_max_length': 1}", _NO_TEXT)),
        case(
            f"class Note(BaseModel):{FIELD}\n\n\n{_model('{}', 'note: Note')}",
            f"class Note(BaseModel):{FIELD}\n\n\n{_model(_UPPER, 'note: Note')}",
        ),
        case(_model("{}", "id: str"), _model("{'allow_inf_nan': False}", "id: str")),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.types:
            renaming = _RENAMING if renamed_otherwise(pair) else ()
            tagging = _TAGGING if _tag_matters(pair, comparison) else ()
            for option in ("array_like", "boundary", *renaming, *tagging):
                if _option(pair.old, option) != _option(pair.new, option):
                    yield cls._changed(pair, option)
            known = comparison.old.types, comparison.new.types
            for option in asked_otherwise(pair.old, pair.new, known):
                yield cls._changed(pair, option)

    @classmethod
    def _changed(cls, pair: TypePair, option: str) -> Change:
        old, new = pair.old.options.get(option), pair.new.options.get(option)
        return cls.change(pair.at, was_and_is(f"`{option}`", old, new))


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
    """A class became frozen: callers that set its fields fail. (One that is frozen no longer may
    have lost its hash with it: TYPE_COMPARED_OTHERWISE.)"""

    id = "TYPE_FROZEN_CHANGED"
    tier = Tier.SOURCE
    advice = "Add a type under another name"
    BREAKING = (
        Breaking(
            *case(
                f"@dataclass\nclass Cart:{FIELD}", f"@dataclass(frozen=True)\nclass Cart:{FIELD}"
            ),
            "shop.contracts.Cart",
            "it is frozen now",
        ),
    )
    COMPATIBLE = (
        case(
            f"@dataclass(frozen=True)\nclass Cart:{FIELD}",
            f"@dataclass(unsafe_hash=True)\nclass Cart:{FIELD}",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in comparison.records:
            if pair.new.frozen and not pair.old.frozen:
                yield cls.change(pair.at, "it is frozen now")
