"""What `check --against` says of changes that resemble each other: where, and with which words."""

from __future__ import annotations

import pytest

from fusiongen.compat.rule import Breaking

from .versions import Workshop, module_text

_USE = "\n\n\n@service\nclass Carts(Protocol):\n    async def get(self, id: str) -> {}: ..."
_CART = "shop.contracts.Cart"
_ERRORS = (
    "class Base(Exception):\n    pass\n\n\nclass One(Base):\n    pass\n\n\n"
    "class Other(Base):\n    pass\n\n\nclass Both(One, Other):\n    pass\n\n\n"
)
_NAMED = "@dataclass\nclass {}:\n    {}: str\n\n\n"


def _type(old: str, new: str, result: str = "Cart") -> tuple[str, str]:
    used = _USE.format(result)
    return old + used, new + used


def _fields(head: str, old: str, new: str) -> tuple[str, str]:
    return _type(*(head + "".join(f"\n    {each}: int" for each in side) for side in (old, new)))


def _takes(old: str, new: str) -> tuple[str, str]:
    before, after = (f"    async def get(self, {each}) -> str: ..." for each in (old, new))
    return before, after


def _raises(old: str, new: str) -> tuple[str, str]:
    before, after = (
        f"{_ERRORS}@service(raises=[{each}])\nclass Carts(Protocol):\n"
        "    async def get(self) -> str: ..."
        for each in (old, new)
    )
    return before, after


def _streams(old: str, new: str) -> tuple[str, str]:
    before, after = (f"    def get(self) -> {each}: ..." for each in (old, new))
    return before, after


def _both(name: str, alias: str) -> str:
    text = _NAMED.format(name, "id") + alias + _NAMED.format("Beta", "n").rstrip()
    return text + _USE.format("list[Alpha | Beta]")


CASES = {
    "an exception travelled as the nearest of those above it": Breaking(
        *_raises("Base, Other", "Base, Other, Both"),
        "carts",
        "`Both`, which travelled as `Other`, travels as itself now",
    ),
    "of two that are as near, as the first": Breaking(
        *_raises("One, Other", "One, Other, Both"),
        "carts",
        "`Both`, which travelled as `One`, travels as itself now",
    ),
    "one of Python's own": Breaking(
        *_raises("ArithmeticError, LookupError", "ArithmeticError, LookupError, KeyError"),
        "carts",
        "`KeyError`, which travelled as `LookupError`, travels as itself now",
    ),
    "a parameter has another name and another type": Breaking(
        *_takes("id: str", "key: int"),
        "carts.get",
        "`id` is now `key`",
        also=(("carts.get", "the type of `id` was `str`, and is `int`"),),
    ),
    "a parameter is new, and stands before others": Breaking(
        *_takes("a: str, b: str", "c: str, a: str, b: str"),
        "carts.get",
        "the parameter `c` is new, and required",
    ),
    "a parameter stands behind all others": Breaking(
        *_takes("a: str, b: str, c: str", "b: str, c: str, a: str"),
        "carts.get",
        "the parameter `b` comes before `a` now",
    ),
    "a field stands before all others": Breaking(
        *_fields("@dataclass\nclass Cart:", "abc", "cab"),
        _CART,
        "the field `c` comes before `a` now",
    ),
    "a field is gone, and two others have changed places": Breaking(
        *_fields("@dataclass\nclass Cart:", "abc", "cb"),
        _CART,
        "the field `c` comes before `b` now",
        also=((f"{_CART}.a", "the field is gone, and the old version requires it"),),
    ),
    "a condition on a field is new, and one is gone": Breaking(
        *_type(
            "class Cart(BaseModel):\n    id: str = Field(max_length=9)",
            "class Cart(BaseModel):\n    id: str = Field(min_length=1)",
        ),
        f"{_CART}.id",
        "`max_length` was `9`, and is not set",
        also=((f"{_CART}.id", "`min_length` was not set, and is `1`"),),
    ),
    "an option is given as what it is by default": Breaking(
        *_type(
            "class Cart(msgspec.Struct, array_like=True):\n    id: str",
            "class Cart(msgspec.Struct, array_like=False):\n    id: str",
        ),
        _CART,
        "`array_like` was `True`, and is `False`",
    ),
    "an enum travels by names, and travelled by values": Breaking(
        *_type("class Cart(Enum):\n    A = 1", "class Cart(Enum):\n    A = 1.5"),
        f"{_CART}.A",
        "it travelled as `1`, and travels as `A`",
    ),
    "a member has two new names": Breaking(
        *_type("class Cart(Enum):\n    A = 1", "class Cart(Enum):\n    B = 1\n    C = 1"),
        f"{_CART}.A",
        "`A` is now `B`",
    ),
    "an item of a stream": Breaking(
        *_streams("AsyncIterator[list[str]]", "AsyncIterator[Sequence[str]]"),
        "carts.get",
        "an item was `list[str]`, and is `collections.abc.Sequence[str]`",
    ),
    "a union of other numbers within a list": Breaking(
        _both("Alpha", ""),
        _both("Zeta", "Alpha = Zeta\n\n\n"),
        "carts.get",
        "the result was `list[shop.contracts.Zeta | shop.contracts.Beta]`, "
        "and is `list[shop.contracts.Beta | shop.contracts.Zeta]`",
    ),
    "a closed type has lost what the old version requires": Breaking(
        *_fields("class Cart(NamedTuple):", "ab", "a"),
        f"{_CART}.b",
        "the field is gone, and the old version requires it",
    ),
}


@pytest.mark.parametrize("breaking", CASES.values(), ids=CASES)
def test_C6_a_change_is_named_and_described(shop: Workshop, breaking: Breaking) -> None:
    """Each once, at what changed, with what it was and what it is."""
    pair = shop.pair(*map(module_text, breaking.case))
    assert sorted((each.at, each.message) for each in pair.changes) == sorted(breaking.found)
