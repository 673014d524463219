"""Keys: what names a computed within a process (G32)."""

from __future__ import annotations

import dataclasses
import enum
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from fusionrt.contract import ANY
from fusionrt.errors import ArgumentError, UnsupportedType
from fusionrt.values.codecs import arguments_codec
from fusionrt.values.keys import Keyer
from tests.sizes import size
from tests.values.random_types import KEY_KINDS
from tests.values.zoo import Color, Holding, Kind, Label, Level, Model, Page, Point, Sly, picture


def _keyer(*types: Any) -> Keyer:
    return Keyer("carts.get", tuple(f"p{index}" for index in range(len(types))), types)


def _key(keyer: Keyer, *arguments: Any) -> Any:
    return keyer.key(keyer.normalize(arguments))


@pytest.mark.search
@settings(max_examples=size(50, 400), deadline=None)
@given(data=st.data(), kinds=st.lists(KEY_KINDS, max_size=2))
def test_G32_a_call_has_the_same_key_on_both_ends_of_the_wire(
    data: st.DataObject, kinds: list[Kind]
) -> None:
    """A key made of arguments that came over the wire equals the key of the originals."""
    types = tuple(kind.tp for kind in kinds)
    keyer, wire = _keyer(*types), arguments_codec(types)
    here = keyer.normalize(tuple(data.draw(kind.values) for kind in kinds))
    there = keyer.normalize(wire.decode(wire.encode(here)))
    assert keyer.key(there) in {keyer.key(here)}


@pytest.mark.search
@settings(max_examples=size(50, 400), deadline=None)
@given(data=st.data(), kind=KEY_KINDS)
def test_G32_keys_agree_exactly_where_meanings_do(data: st.DataObject, kind: Kind) -> None:
    """Two values share a key if and only if they are the same to their declared type."""
    keyer = _keyer(kind.tp)
    left, right = (keyer.normalize((data.draw(kind.values),)) for _ in range(2))
    same = picture(left, digits=False) == picture(right, digits=False)
    assert (keyer.key(left) in {keyer.key(right)}) == same


@pytest.mark.search
@settings(max_examples=size(25, 200), deadline=None)
@given(data=st.data(), kind=KEY_KINDS)
def test_G32_normalizing_twice_changes_nothing(data: st.DataObject, kind: Kind) -> None:
    """Normal arguments are normal, and are what the wire brings back."""
    once = _keyer(kind.tp).normalize((data.draw(kind.values),))
    assert picture(_keyer(kind.tp).normalize(once)) == picture(once)
    wire = arguments_codec((kind.tp,))
    assert picture(wire.decode(wire.encode(once))) == picture(once)


@pytest.mark.search
@settings(max_examples=size(25, 200), deadline=None)
@given(data=st.data(), kind=KEY_KINDS)
def test_G32_plain_arguments_are_their_own_key(data: st.DataObject, kind: Kind) -> None:
    """Where a keyer is plain, a dict look-up with the raw argument finds its own entry or none."""
    keyer = _keyer(kind.tp)
    values = [data.draw(kind.values) for _ in range(3)]
    entries = {
        _key(keyer, value): picture(keyer.normalize((value,)), digits=False) for value in values
    }
    for value in values if keyer.plain else ():
        normal = keyer.normalize((value,))
        assert keyer.key(normal) is normal[0]
        assert entries.get(value) in (None, picture(normal, digits=False))


EAST = timezone(timedelta(hours=2))


class Name(str): ...


class Both(enum.StrEnum):
    ONE = "1"


class Pair(NamedTuple):
    x: int
    y: int


@pytest.mark.parametrize(
    ("tp", "given", "normal"),
    [
        (float, 1, 1.0),
        (float, True, 1.0),
        (int, True, 1),
        (int, Level.HIGH, 1),
        (str, Both.ONE, "1"),
        (str, Name("a"), "a"),
        (str | None, Name("a"), "a"),
        (int | str, True, 1),
        (float | str, 1, 1.0),
        (Color, "red", Color.RED),
        (Level, 1, Level.HIGH),
        (Literal["a"], Name("a"), "a"),
        (tuple[float, ...], [1, 2.0], (1.0, 2.0)),
        (tuple[int, str], [True, "a"], (1, "a")),
        (tuple[int, int], Pair(1, 2), (1, 2)),
        (frozenset[float], frozenset([1]), frozenset([1.0])),
        (Point, Point(1, True), Point(1.0, 1)),
        (Page[float], Page((1,)), Page((1.0,))),
        (datetime, datetime(2020, 1, 1, 2, tzinfo=EAST), datetime(2020, 1, 1, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_G32_arguments_become_what_their_type_says(tp: Any, given: Any, normal: Any) -> None:
    """What a type checker lets pass for a declared type is coerced to that very type."""
    assert picture(_keyer(tp).normalize((given,))) == picture((normal,))


@pytest.mark.parametrize(
    ("tp", "values"),
    [
        (int | bool | float, [1, True, 1.0]),
        (int | Decimal, [1, Decimal(1)]),
        (str | Both, ["1", Both.ONE]),
        (int | Level | None, [0, Level.LOW, None]),
        (Literal[0, False], [0, False]),
        (tuple[int | float, ...], [(1,), (1.0,)]),
        (frozenset[int | bool], [frozenset([1]), frozenset([True])]),
        (tuple[int, int] | Pair, [(1, 2), Pair(1, 2)]),
        (Page[int | bool], [Page((1,)), Page((True,))]),
    ],
)
def test_G32_equal_values_of_different_types_have_different_keys(
    tp: Any, values: list[Any]
) -> None:
    """What the declared type tells apart is never confused, though Python calls it equal."""
    keyer = _keyer(tp)
    assert not keyer.plain
    assert len({_key(keyer, value) for value in values}) == len(values)


@pytest.mark.parametrize(
    "tp",
    [str, int, float, bool, bytes, Decimal, UUID, date, datetime, Color, Level, str | None,
     int | str | None, date | datetime, tuple[str, ...], tuple[int, str], frozenset[int]],
)  # fmt: skip
def test_common_types_are_plain(tp: Any) -> None:
    """The hot path may look up raw arguments of the usual types."""
    assert _keyer(tp).plain
    assert _keyer(str, tp).plain


def test_plain_keys_of_several_arguments_are_the_tuple_itself() -> None:
    """No key is built where the arguments are one."""
    keyer, arguments = _keyer(str, int), ("a", 1)
    assert keyer.normalize(arguments) is arguments
    assert keyer.key(arguments) is arguments
    assert _keyer().key(_keyer().normalize(())) == ()


def test_G32_nan_names_one_result() -> None:
    """Every nan is the same argument, deep within others too, and after the wire."""
    keyer = _keyer(float, tuple[float, ...], Point, Decimal)
    calls = [
        (nan, (nan,), Point(nan), decimal)
        for nan, decimal in ((float("nan"), Decimal("NaN")), (-float("nan"), Decimal("-NaN7")))
    ]
    assert len({_key(keyer, *call) for call in calls}) == 1


@pytest.mark.parametrize(
    ("tp", "one", "other"),
    [
        (float, 0.0, -0.0),
        (Decimal, Decimal("1.0"), Decimal(1)),
        (time, time(12, tzinfo=EAST), time(10, tzinfo=UTC)),
        (frozenset[str], frozenset("ab"), frozenset("ba")),
    ],
)
def test_G32_what_python_calls_equal_within_a_type_is_one_argument(
    tp: Any, one: Any, other: Any
) -> None:
    """The two zeros, a Decimal with more digits, one time in two zones, two orders of a set."""
    assert _key(_keyer(tp), one) == _key(_keyer(tp), other)
    assert _key(_keyer(Page[tp]), Page((one,))) == _key(_keyer(Page[tp]), Page((other,)))


class Autumn(tzinfo):
    """Two hours east of UTC; one hour, when the clock shows the hour the second time."""

    def utcoffset(self, at: datetime | None) -> timedelta:
        return timedelta(hours=1 if at and at.fold else 2)

    def dst(self, at: datetime | None) -> None:
        return None

    def tzname(self, at: datetime | None) -> str:
        return "autumn"


def test_G32_an_instant_is_named_in_utc() -> None:
    """The zone a caller wrote an instant in does not show, nor break in an ambiguous hour."""
    keyer = _keyer(datetime)
    local = datetime(2020, 10, 25, 2, 30, tzinfo=Autumn(), fold=1)
    (normal,) = keyer.normalize((local,))
    assert isinstance(normal, datetime)
    assert normal.tzinfo is UTC
    assert _key(keyer, local) == datetime(2020, 10, 25, 1, 30, tzinfo=UTC)


def test_G32_a_record_is_named_by_its_fields_however_it_compares() -> None:
    """Fields that a class leaves out of its `==` still tell two calls apart."""

    @dataclasses.dataclass(frozen=True)
    class Query:
        text: str
        limit: int = dataclasses.field(default=1, compare=False)

    @dataclasses.dataclass(frozen=True, eq=False)
    class Identity:
        text: str

    class Row(msgspec.Struct, frozen=True, eq=False):
        text: str

    assert _key(_keyer(Query), Query("a", 1)) != _key(_keyer(Query), Query("a", 2))
    for cls in (Identity, Row):
        assert _key(_keyer(cls), cls("a")) == _key(_keyer(cls), cls("a"))


def test_G32_what_compares_in_its_own_way_is_never_asked() -> None:
    """A record whose `==` and `hash()` raise is an argument like any other, in wildcards too; and
    members of an enum that call each other equal are two."""

    @dataclasses.dataclass(frozen=True)
    class Raising:
        text: str

        def __eq__(self, other: object) -> bool:
            raise RuntimeError("never ask")

        def __hash__(self) -> int:
            raise RuntimeError("never ask")

    keyer = _keyer(Raising, tuple[Raising, ...])
    one, other = Raising("a"), Raising("a")
    assert _key(keyer, one, (one,)) == _key(keyer, other, (other,))
    pattern = keyer.pattern((one, ANY))
    assert pattern[0] is one
    assert pattern[1] is ANY
    assert _key(_keyer(Sly), Sly.A) != _key(_keyer(Sly), Sly.B)
    assert _key(_keyer(Sly | int), Sly.A) != _key(_keyer(Sly | int), Sly.B)


def test_G32_what_a_model_holds_means_what_its_type_says() -> None:
    """pydantic takes instances of other classes as they are: an int in a float field of theirs is
    that float, as it is on the other end."""
    keyer = _keyer(Holding)
    here, there = (Holding(point=Point(x), label=Label(x, Decimal(1))) for x in (1, 1.0))
    assert _key(keyer, here) == _key(keyer, there)
    assert picture(keyer.normalize((here,))) == picture((there,))
    noted = Holding(point=Point(1), label=Label(1, Decimal(1), note="b"))
    assert _key(keyer, here) != _key(keyer, noted)


def test_G32_equal_models_share_a_key() -> None:
    """A frozen pydantic model is named by its content."""
    keyer = _keyer(Model)
    one, other = (Model(id="a", price=Decimal(price)) for price in ("1", "1.0"))
    assert _key(keyer, one) == _key(keyer, other)
    assert _key(keyer, one) != _key(keyer, Model(id="a", price=Decimal(2)))


@dataclasses.dataclass
class Open:
    x: int


class Loose(BaseModel):
    x: int


@pytest.mark.parametrize(
    ("tp", "argument", "problem"),
    [
        (str, 1, "p0: expected str, got int"),
        (int, 1.0, "p0: expected int, got float"),
        (float, "1", "p0: expected float, got str"),
        (float, 10**400, "p0: expected float, got int"),
        (date, datetime(2020, 1, 1), "p0: expected date, got datetime"),
        (Decimal, 1.0, "p0: expected Decimal, got float"),
        (bool, 1, "p0: expected bool, got int"),
        (str | int, None, "p0: expected int | str, got NoneType"),
        (Color, "blue", "p0: expected Color, got str"),
        (Literal["a"], "b", r"p0: expected Literal\['a'\], got str"),
        (Literal["a"], [], r"p0: expected Literal\['a'\], got list"),
        (tuple[int, ...], (1, "a"), "p0: expected int, got str"),
        (tuple[int, int], (1,), r"p0: expected tuple\[int, int\], got tuple"),
        (frozenset[int], {1}, r"p0: expected frozenset\[int\], got set"),
        (Point, (1.0, 2), "p0: expected Point, got tuple"),
        (Model, Point(1.0), "p0: expected Model, got Point"),
        (str, ANY, "p0: expected str, got AnyArgument"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(tp: Any, argument: Any, problem: str) -> None:
    """The error names the method, the parameter, what was expected and what came."""
    with pytest.raises(ArgumentError, match=f"carts.get was called .*{problem}"):
        _keyer(tp).normalize((argument,))


def test_G36_a_pattern_normalizes_all_but_any() -> None:
    """In an invalidation `ANY` stands for an argument; the others are normalised and checked."""
    keyer = _keyer(float, str)
    assert picture(keyer.pattern((1, ANY))) == picture((1.0, ANY))
    assert keyer.pattern((1.0, "a")) == (1.0, "a")
    with pytest.raises(ArgumentError, match="p1: expected str, got int"):
        keyer.pattern((ANY, 1))


def test_a_wrong_number_of_arguments_is_refused() -> None:
    """Extra arguments cannot poison a key."""
    with pytest.raises(ArgumentError, match="expected 1 arguments, got 2"):
        _keyer(str).normalize(("a", "b"))


@pytest.mark.parametrize(
    ("tp", "hint"),
    [
        (list[int], "declare tuple"),
        (set[int], "declare frozenset"),
        (dict[str, int], "frozen dataclass"),
        (tuple[list[int], ...], "declare tuple"),
        (Loose, "make the class frozen"),
        (Open, "make the class frozen"),
        (Any, "frozen dataclass"),
    ],
)
def test_a_type_whose_values_can_change_names_nothing(tp: Any, hint: str) -> None:
    """A parameter of a mutable type is refused when the keyer is made, with what to declare."""
    with pytest.raises(UnsupportedType, match=f"cannot name a result: .*{hint}"):
        _keyer(tp)
