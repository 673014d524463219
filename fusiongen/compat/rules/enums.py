"""Rules about the members of enums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from ...contract import Kind
from ..enums import enum_marks, is_flag
from ..rule import Breaking, BreakingRule, Case, Tier
from .cases import USE

if TYPE_CHECKING:
    from ...output.lock import LockedType
    from ..comparison import Comparison, TypePair
    from ..rule import Change

__all__ = ["EnumMemberAdded", "EnumMemberRemoved", "EnumMemberRenamed", "EnumValueChanged"]


def _case(old: str, new: str) -> Case:
    return old + USE, new + USE


def _enum(old: str, new: str, base: str = "Enum") -> Case:
    return _case(*(f"class Cart({base}):\n    {each}" for each in (old, new)))


def _valued(old: str, new: str, types: str) -> Case:
    return _case(f"{old}\n\n\n{types}", f"{new}\n\n\n{types}")


_MADE = """\
class Cart(Enum):
    def __new__(cls, code: int, label: str) -> Self:
        made = object.__new__(cls)
        made._value_ = {}
        return made

    A = ({})"""
_NAMED = """
    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[Any]) -> Any:
        return {}
"""


def _is_known(value: str, type_: LockedType, marks: Mapping[str, str]) -> bool:
    """Whether an enum takes what a member of the other version travels as."""
    if value in marks.values():
        return True
    if not is_flag(type_):
        return False
    bits = [int(each) for each in (value, *marks.values()) if each.lstrip("-").isdecimal()]
    keeps = type_.options.get("boundary") == "keep"
    return len(bits) > len(marks) and (keeps or not bits[0] & ~reduce(or_, bits[1:], 0))


def _enums(comparison: Comparison) -> Iterator[TypePair]:
    return (pair for pair in comparison.types if pair.old.kind is pair.new.kind is Kind.ENUM)


class EnumMemberAdded(BreakingRule):
    """An enum has a member more: the old version cannot read it. It does, if the new one is a set
    of bits that it knows, or is an `IntFlag`, which keeps those that it does not know."""

    id = "ENUM_MEMBER_ADDED"
    tier = Tier.WIRE
    advice = "Send it only when every reader has the new version, and allow the change then"
    BREAKING = (
        Breaking(
            *_enum("A = 'a'", "A = 'a'\n    B = 'b'"),
            "shop.contracts.Cart.B",
            "the member is new",
        ),
        Breaking(
            *_enum("A = 1\n    B = 2", "A = 1\n    B = 2\n    C = 4", "Flag"),
            "shop.contracts.Cart.C",
            "the member is new",
        ),
    )
    COMPATIBLE = (
        _enum("A = 1\n    B = 2", "A = 1\n    B = 2\n    AB = A | B", "Flag"),
        _enum("A = auto()", "A = auto()\n    B = auto()", "IntFlag"),
        _enum("A = 'a'", "A = 'a'\n    ALSO = A"),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in _enums(comparison):
            old, new = enum_marks(pair.old), enum_marks(pair.new)
            for name, value in new.items():
                if name not in old and not _is_known(value, pair.old, old):
                    yield cls.change(f"{pair.at}.{name}", "the member is new")


class EnumMemberRemoved(BreakingRule):
    """An enum has lost a member: the new version cannot read it."""

    id = "ENUM_MEMBER_REMOVED"
    tier = Tier.WIRE
    advice = "Keep it until nobody sends it"
    BREAKING = (
        Breaking(
            *_enum("A = 'a'\n    B = 'b'", "A = 'a'"),
            "shop.contracts.Cart.B",
            "the member is gone",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in _enums(comparison):
            old, new = enum_marks(pair.old), enum_marks(pair.new)
            for name, value in old.items():
                if name not in new and not _is_known(value, pair.new, new):
                    yield cls.change(f"{pair.at}.{name}", "the member is gone")


class EnumMemberRenamed(BreakingRule):
    """A member has another name and the same value, or is a set of bits that has no name any more:
    it travels as before, but callers' source that names it fails."""

    id = "ENUM_MEMBER_RENAMED"
    tier = Tier.SOURCE
    advice = "Keep the old name as an alias: a second member of the same value"
    BREAKING = (
        Breaking(
            *_enum("A = 'a'", "ANY = 'a'"),
            "shop.contracts.Cart.A",
            "`A` is now `ANY`",
        ),
        Breaking(
            *_enum("A = 1\n    B = 2\n    AB = A | B", "A = 1\n    B = 2", "Flag"),
            "shop.contracts.Cart.AB",
            "no member has its value now",
        ),
        Breaking(
            *_enum("A = 1\n    B = 2", "A = 1", "IntFlag"),
            "shop.contracts.Cart.B",
            "no member has its value now",
        ),
    )
    COMPATIBLE = (_enum("A = 'a'", "ALL = 'a'\n    A = 'a'"),)

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in _enums(comparison):
            old, new = enum_marks(pair.old), enum_marks(pair.new)
            for name, value in old.items():
                if name not in new and _is_known(value, pair.new, new):
                    now = next((each for each, mark in new.items() if mark == value), None)
                    message = f"`{name}` is now `{now}`" if now else "no member has its value now"
                    yield cls.change(f"{pair.at}.{name}", message)


class EnumValueChanged(BreakingRule):
    """A member has another value: it travels as its value, and the other version does not know it.
    A new member before others shifts what `auto()` gives them.

    An enum with a value that is neither a string nor an integer travels by the names of its
    members, so that its values do not matter. Values are worked out of constants, arithmetic and
    `__new__` without running anything; where that does not tell a value, what makes it is compared
    as text, for every member of the enum.
    """

    id = "ENUM_VALUE_CHANGED"
    tier = Tier.WIRE
    advice = "Keep the values; write them out in place of `auto()`"
    BREAKING = (
        Breaking(
            *_enum("A = 'a'", "A = 'b'"),
            "shop.contracts.Cart.A",
            "it travelled as `'a'`, and travels as `'b'`",
        ),
        Breaking(
            *_enum("A = auto()\n    B = auto()", "A = 2\n    B = auto()"),
            "shop.contracts.Cart.A",
            "it travelled as `1`, and travels as `2`",
            also=(("shop.contracts.Cart.B", "it travelled as `2`, and travels as `3`"),),
        ),
        Breaking(
            *_enum("A = 60 * 60", "A = 60 * 24", "IntEnum"),
            "shop.contracts.Cart.A",
            "it travelled as `3600`, and travels as `1440`",
        ),
        Breaking(
            *_enum("A = 1 << 0\n    B = 1 << 1", "A = 1 << 1\n    B = 1 << 0", "IntFlag"),
            "shop.contracts.Cart.A",
            "it travelled as `1`, and travels as `2`",
            also=(("shop.contracts.Cart.B", "it travelled as `2`, and travels as `1`"),),
        ),
        Breaking(
            *_valued("X = 'a'", "X = 'z'", "class Cart(StrEnum):\n    A = X\n    B = X + 'b'"),
            "shop.contracts.Cart.A",
            "it travelled as `'a'`, and travels as `'z'`",
            also=(("shop.contracts.Cart.B", "it travelled as `'ab'`, and travels as `'zb'`"),),
        ),
        Breaking(
            *_case(_MADE.format("code", "1, 'one'"), _MADE.format("code", "2, 'one'")),
            "shop.contracts.Cart.A",
            "it travelled as `1`, and travels as `2`",
        ),
        Breaking(
            *_case(
                f"class Cart(Enum):{_NAMED.format('name')}\n    A = auto()",
                f"class Cart(Enum):{_NAMED.format('name.lower()')}\n    A = auto()",
            ),
            "shop.contracts.Cart.A",
            "it travelled as `'A'`, and travels as `'a'`",
        ),
        Breaking(
            *_valued("N = int('1')", "N = int('2')", "class Cart(IntEnum):\n    A = N\n    B = 3"),
            "shop.contracts.Cart.A",
            "it travelled as `A = int('1')`, and travels as `A = int('2')`",
        ),
    )
    COMPATIBLE = (
        _enum("A = 1.5", "A = 2.5"),
        _enum("A = auto()", "A = 1"),
        _enum("A = auto()", "A = 'a'", "StrEnum"),
        _enum("A = 1 << 1\n    B = A << 1", "A = 2\n    B = 0x4", "IntEnum"),
        _valued("X = 'a'", "Y = 'a'\nX = Y", "class Cart(StrEnum):\n    A = X"),
        _case(_MADE.format("code", "1, 'one'"), _MADE.format("code", "1, 'eins'")),
        _enum("A = 'ff', 16", "A = 255", "int, Enum"),
        _case(
            f"class Cart(Enum):{_NAMED.format('name')}\n    A = auto()",
            "class Cart(Enum):\n    A = 'A'",
        ),
    )

    @classmethod
    def check(cls, comparison: Comparison) -> Iterator[Change]:
        for pair in _enums(comparison):
            old, new = enum_marks(pair.old), enum_marks(pair.new)
            for name, value in old.items():
                if name in new and new[name] != value:
                    message = f"it travelled as `{value}`, and travels as `{new[name]}`"
                    yield cls.change(f"{pair.at}.{name}", message)
