"""The fields of declared exceptions, which travel as their types say."""

from __future__ import annotations

import pytest

from .versions import Workshop, module_text

_SERVICE = """

@service(raises=[Sold])
class Carts(Protocol):
    async def get(self, id: str) -> str: ...
"""
_SOLD = {
    "dataclass": "@dataclass\nclass Sold(Exception):\n    id: {}{}",
    "attrs": "@attrs.define\nclass Sold(Exception):\n    id: {}{}",
}
_MORE = "\n    at: {}"


@pytest.mark.parametrize("sort", _SOLD)
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("int", ""), ("str", ""), {"FIELD_TYPE_CHANGED"}),
        (("int", ""), ("int", _MORE.format("int")), {"FIELD_ADDED_REQUIRED"}),
        (("int", _MORE.format("int")), ("int", ""), {"REQUIRED_FIELD_REMOVED"}),
        (("int", ""), ("int", _MORE.format("int = 0")), set()),
        (("int | None", ""), ("Optional[int]", ""), set()),
    ],
)
def test_C6_the_fields_of_a_declared_exception_are_compared(
    shop: Workshop, sort: str, old: tuple[str, str], new: tuple[str, str], expected: set[str]
) -> None:
    """As those of any record: each version makes the exception of what the other one sent."""
    before, after = (module_text(_SOLD[sort].format(*each) + _SERVICE) for each in (old, new))
    assert {change.rule for change in shop.pair(before, after).changes} == expected


def test_C6_an_exception_that_declares_no_fields_travels_by_its_args(shop: Workshop) -> None:
    """What its constructor takes is not compared: it does not run where the exception arrives."""
    plain = "class Sold(Exception):\n    def __init__(self, {0}) -> None:\n"
    before, after = (
        module_text(f"{plain.format(taken)}        super().__init__(id)\n{_SERVICE}")
        for taken in ("id: str", "id: str, at: int = 0")
    )
    assert not shop.pair(before, after).changes
