"""Annotations that Python 3.14 evaluates late mean what they meant where they were written.

No `from __future__ import annotations` here: with it they are texts everywhere.
"""

import datetime
import sys
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypedDict

import attrs
import msgspec
import pytest

from fusionrt.annotations import own_annotations, signature_of
from fusionrt.errors import UnsupportedType
from fusionrt.values.codecs import codec
from fusionrt.values.fields import declared_fields

LATE = sys.version_info >= (3, 14)


@dataclass
class Prices:
    """Methods named like what the fields need."""

    by_name: dict[str, float]
    known: frozenset[str]
    kind: type[int] | None = None

    def dict(self) -> dict[str, float]:
        """Hides the builtin from later readers of the class."""
        return self.by_name

    @property
    def type(self) -> str:
        """A property does, too."""
        return "prices"

    @classmethod
    def frozenset(cls) -> int:
        """And a classmethod."""
        return 0


@dataclass(slots=True)
class Slotted:
    """Made anew by its decorator."""

    names: set[str]

    def set(self) -> int:
        """Hides the builtin."""
        return len(self.names)


@attrs.define
class Attrs:
    """Made anew by its decorator, too."""

    names: list[str]

    def list(self) -> int:
        """Hides the builtin."""
        return len(self.names)


class Named(NamedTuple):
    """Python keeps its annotations apart."""

    by_name: dict[str, int]

    def dict(self) -> None:
        """Hides the builtin."""


@dataclass
class Inner:
    """A class body has types of its own."""

    class Item(NamedTuple):
        """Found among the names of the class."""

        name: str

    Items = list[Item]

    items: Items
    first: Item

    def int(self) -> None:
        """Hides the builtin."""


def fields_of(tp: Any, style: str) -> dict[str, Any]:
    """The types of the fields by name."""
    return {each.name: each.tp for each in declared_fields(tp, style)}


@pytest.mark.parametrize(
    ("tp", "style", "expected"),
    [
        (
            Prices,
            "dataclass",
            {"by_name": dict[str, float], "known": frozenset[str], "kind": type[int] | None},
        ),
        (Slotted, "dataclass", {"names": set[str]}),
        (Attrs, "attrs", {"names": list[str]}),
        (Named, "namedtuple", {"by_name": dict[str, int]}),
        (Inner, "dataclass", {"items": list[Inner.Item], "first": Inner.Item}),
    ],
    ids=["dataclass", "slots", "attrs", "namedtuple", "inner"],
)
def test_names_of_a_class_hide_no_type_of_its_fields(
    tp: Any, style: str, expected: dict[str, Any]
) -> None:
    """A method, property or classmethod named like a builtin leaves the builtin to the fields."""
    assert fields_of(tp, style) == expected


@pytest.mark.skipif(not LATE, reason="evaluated where they stand, the default comes first")
def test_a_default_hides_no_type() -> None:
    """`date: date | None = None`: the name of the field is that of its type."""
    names: dict[str, Any] = {"__name__": __name__}
    source = (
        "from dataclasses import dataclass, field\n"
        "from datetime import date\n"
        "@dataclass\n"
        "class Day:\n"
        "    date: date | None = None\n"
        "    days: list[date] = field(default_factory=list)\n"
    )
    exec(compile(source, "<day>", "exec", dont_inherit=True), names)
    assert own_annotations(names["Day"]) == {
        "date": datetime.date | None,
        "days": list[datetime.date],
    }


def test_a_local_class_is_a_type_of_a_field() -> None:
    """What an annotation takes from the function around its class is found."""

    @dataclass
    class Local:
        """One of a function."""

        number: int

    @dataclass
    class Holder:
        """Holds some."""

        held: list[Local] = field(default_factory=list)

        def list(self) -> int:
            """Hides the builtin."""
            return len(self.held)

    assert fields_of(Holder, "dataclass") == {"held": list[Local]}
    assert codec(Holder).decode(codec(Holder).encode(Holder([Local(1)]))) == Holder([Local(1)])


@pytest.mark.skipif(not LATE, reason="evaluated where it stands, the name is an error")
@pytest.mark.parametrize("base", ["", "(Base)"])
def test_a_name_that_means_nothing_is_unsupported(base: str) -> None:
    """A name under TYPE_CHECKING, in a class or beside a base, is told with what to do."""
    names: dict[str, Any] = {"__name__": __name__}
    source = (
        "from dataclasses import dataclass\n"
        "@dataclass\nclass Base:\n    number: int = 0\n"
        f"{'' if base else '@dataclass'}\nclass Lost{base}:\n    price: Money\n"
    )
    exec(compile(source, "<lost>", "exec", dont_inherit=True), names)
    with pytest.raises(UnsupportedType, match=r"Money.*TYPE_CHECKING"):
        codec(names["Lost"])


@pytest.mark.skipif(not LATE, reason="evaluated where it stands, it means what it says")
def test_a_struct_whose_method_hides_a_type_is_told_what_to_do() -> None:
    """It is msgspec that asks for the annotations of a Struct, and takes what Python finds."""

    class Struct(msgspec.Struct):
        """One with a method named like a builtin."""

        by_name: dict[str, int]

        def dict(self) -> None:
            """Hides the builtin."""

    with pytest.raises(UnsupportedType, match=r"msgspec cannot evaluate .* rename that"):
        codec(Struct)


class Typed(TypedDict):
    """A TypedDict has no names but its keys."""

    dict: dict[str, int]


def test_the_keys_of_a_typed_dict_hide_nothing() -> None:
    """`dict: dict[str, int]` is a dict."""
    assert fields_of(Typed, "typeddict") == {"dict": dict[str, int]}


@pytest.mark.skipif(not LATE, reason="evaluated where it stands, the name is an error")
def test_a_signature_needs_no_annotation() -> None:
    """How a function is called can be told though its annotations cannot be evaluated."""
    names: dict[str, Any] = {"__name__": __name__}
    source = "def call(a: Money, /, b: Money = 1, *, c: Money) -> Money: ..."
    exec(compile(source, "<call>", "exec", dont_inherit=True), names)
    signature = signature_of(names["call"])
    kinds = {each.name: each.kind.name for each in signature.parameters.values()}
    assert kinds == {"a": "POSITIONAL_ONLY", "b": "POSITIONAL_OR_KEYWORD", "c": "KEYWORD_ONLY"}
    assert signature.bind(0, c=2).args == (0,) and signature.parameters["b"].default == 1
