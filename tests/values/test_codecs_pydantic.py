"""Codecs of pydantic models, and of a process that has none."""

from __future__ import annotations

import dataclasses
import math
import subprocess
import sys
from datetime import UTC, date, datetime, time
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import pydantic
import pytest
from annotated_types import Len
from pydantic import (
    AfterValidator,
    AnyUrl,
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    RootModel,
    SecretStr,
    StringConstraints,
    computed_field,
    field_serializer,
    model_serializer,
)

from fusionrt.errors import ArgumentError, UnsupportedType, WireError
from fusionrt.values.codecs import codec
from fusionrt.values.keys import Keyer
from tests.values.zoo import Careful, Model, Page, Point, picture


class Pair(NamedTuple):
    x: int
    y: int


class Everything(BaseModel):
    secret: SecretStr
    url: AnyUrl
    address: IPv4Address
    path: PurePosixPath
    names: frozenset[str]
    inner: Model
    aliased: int = Field(alias="theAlias")

    @computed_field
    def double(self) -> int:
        return self.aliased * 2


def test_types_that_only_pydantic_knows_travel_within_a_model() -> None:
    """Secrets keep their content, URLs and paths come back, computed fields stay at home."""
    value = Everything(
        secret=SecretStr("open"),
        url=AnyUrl("https://example.org/"),
        address=IPv4Address("10.0.0.1"),
        path=PurePosixPath("a/b"),
        names=frozenset("ab"),
        inner=Model(id="1", price=Decimal("1.0")),
        theAlias=3,
    )
    data = codec(Everything).encode(value)
    assert codec(Everything).decode(data) == value
    assert msgspec.msgpack.decode(data)["secret"] == "open"
    assert msgspec.msgpack.decode(data)["theAlias"] == 3


class Writes(BaseModel):
    name: str = Field(validation_alias="in", serialization_alias="out")


class Node(BaseModel):
    value: str | Decimal
    children: list[Node] = []


class Root(RootModel[str | Decimal | None]):
    pass


@pydantic.dataclasses.dataclass(frozen=True)
class Checked:
    when: date | str


@pytest.mark.parametrize(
    ("tp", "value"),
    [
        (Careful, Careful(what=Decimal("1.0"), data=b"\xff", inner=Model(id="a"))),
        (Careful, Careful(what="2020-01-01")),
        (Writes, Writes.model_validate({"in": "a"})),
        (Node, Node(value="1", children=[Node(value=Decimal("1.0"))])),
        (Root, Root(Decimal("1"))),
        (RootModel[int | None] | None, None),
        (RootModel[int | None] | None, RootModel[int | None](None)),
        (Root | None, None),
        (Root | None, Root(None)),
        (list[Root], [Root(None), Root("1")]),
        (Checked, Checked("2020-01-01")),
        (Checked, Checked(date(2020, 1, 1))),
        (SecretStr, SecretStr("open")),
    ],
)
def test_C3_models_that_a_dump_would_change_come_back_unchanged(tp: Any, value: Any) -> None:
    """Ambiguous unions, strict mode, one-way aliases and recursion survive, in both formats."""
    subject = codec(tp)
    for back in (
        subject.decode(subject.encode(value)),
        subject.decode_json(subject.encode_json(value)),
    ):
        assert back == value
        assert picture(back) == picture(value)


class Day(BaseModel):
    """Its own serializers write less than it holds."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    note: Annotated[str, PlainSerializer(lambda _: "…")] = ""

    @field_serializer("at")
    def _day(self, at: datetime) -> str:
        return at.date().isoformat()


class Packed(BaseModel):
    """It is dumped as something else."""

    left: int
    right: int

    @model_serializer
    def _pack(self) -> str:
        return f"{self.left}:{self.right}"


class Sets(BaseModel):
    """A dump cannot hold what it makes of the items."""

    points: frozenset[Point]


@pytest.mark.parametrize(
    "value",
    [
        Day(at=datetime(2020, 1, 1, 12), note="a"),
        Packed(left=1, right=2),
        Sets(points=frozenset([Point(1.0)])),
    ],
)
def test_C3_models_with_serializers_of_their_own_come_back_whole(value: BaseModel) -> None:
    """What a model writes for its readers is not what travels between processes."""
    subject = codec(list[type(value)])  # type: ignore[misc]
    assert subject.decode(subject.encode([value])) == [value]
    assert subject.decode_json(subject.encode_json([value])) == [value]


class Hides(BaseModel):
    model_config = ConfigDict(frozen=True)

    password: str = Field("", exclude=True)


class Encoded(BaseModel):
    data: Base64Bytes


@pytest.mark.parametrize(
    ("tp", "hint"),
    [
        (Hides, "its field password is excluded"),
        (Encoded, "declare bytes"),
        (Base64Bytes, "declare bytes"),
        (list[Hides | None], "its field password is excluded"),
    ],
)
def test_C3_what_pydantic_would_lose_is_refused_by_name(tp: Any, hint: str) -> None:
    """An excluded field would arrive as its default; base64 would be decoded twice."""
    with pytest.raises(UnsupportedType, match=f"cannot travel: .*{hint}"):
        codec(tp)
    if tp is Hides:
        with pytest.raises(UnsupportedType, match=hint):
            Keyer("users.get", ("user",), (tp,))


Positive = Annotated[int, Field(gt=0)]
Lower = Annotated[str, StringConstraints(to_lower=True, max_length=3)]
Even = Annotated[int, AfterValidator(lambda value: value + value % 2)]


@dataclasses.dataclass(frozen=True)
class Limits:
    first: Positive
    name: Lower | None = None


class Row(msgspec.Struct):
    count: Positive


_MIDNIGHT = datetime(2020, 1, 1)


@pytest.mark.parametrize(
    ("tp", "value", "arrives", "wrong"),
    [
        (Positive, 1, 1, 0),
        (Positive, True, 1, False),
        (Positive | None, None, None, 0),
        (list[Positive], [1, 2**70], [1, 2**70], [1, -(2**70)]),
        (dict[Lower, Positive], {"A": 1}, {"a": 1}, {"long": 1}),
        (Positive | str, "a", "a", 0),
        (Positive | Annotated[int, Field(lt=-9)] | str, -10, -10, 0),
        (Even, 3, 4, "a"),
        (Limits, Limits(1, "AB"), Limits(1, "ab"), Limits(0)),
        (Row, Row(1), Row(1), Row(0)),
        (Annotated[list[Row], Len(1)], [Row(1)], [Row(1)], []),
        (Annotated[list[str | Decimal], Len(1)], [Decimal("1.0")], [Decimal("1.0")], []),
        (AwareDatetime, _MIDNIGHT.replace(tzinfo=UTC), _MIDNIGHT.replace(tzinfo=UTC), _MIDNIGHT),
        (AwareDatetime | None, None, None, _MIDNIGHT),
    ],
)
def test_C3_constraints_outside_of_models_hold_on_arrival(
    tp: Any, value: Any, arrives: Any, wrong: Any
) -> None:
    """What pydantic reads in `Annotated` is heeded everywhere, in msgpack and in JSON."""
    subject = codec(tp)
    assert picture(subject.decode(subject.encode(value))) == picture(arrives)
    assert subject.decode_json(codec(tp).encode_json(arrives)) == arrives
    with pytest.raises((WireError, UnsupportedType)):
        subject.decode(subject.encode(wrong))


def test_a_broken_constraint_says_what_is_wrong() -> None:
    """The words are pydantic's, without the value."""
    with pytest.raises(WireError, match="Input should be greater than 0"):
        codec(list[Positive]).decode(msgspec.msgpack.encode([0]))


def test_a_description_is_no_constraint() -> None:
    """`Field(description=…)` beside a type costs nothing on the way."""
    described = Annotated[str, Field(description="a name")]
    assert type(codec(list[described]).encode) is type(msgspec.msgpack.Encoder().encode)


def test_G32_constrained_arguments_are_validated_before_they_name_a_result() -> None:
    """A validator that changes the value does so on both ends; a wrong value is refused here."""
    keyer = Keyer("users.get", ("name", "limit"), (Lower, Positive | None))
    assert keyer.normalize(("AB", True)) == ("ab", 1)
    with pytest.raises(ArgumentError, match="name: String should have at most 3 characters"):
        keyer.normalize(("long", 1))
    with pytest.raises(ArgumentError, match="limit: "):
        keyer.normalize(("a", 0))


class Moment(datetime): ...


class Everyday(BaseModel):
    model_config = ConfigDict(frozen=True)

    at: datetime
    amounts: tuple[float, ...]
    page: Page[float | str]
    pair: tuple[int, int] | Pair
    until: time | None = None


@pytest.mark.parametrize(
    "value",
    [
        Everyday(
            at=datetime(2020, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
            amounts=(math.nan, 1),
            page=Page((math.nan, "a")),
            pair=(1, 2),
            until=time(1, tzinfo=ZoneInfo("Europe/Berlin")),
        ),
        Everyday(at=Moment(2020, 1, 1), amounts=(), page=Page(()), pair=Pair(1, 2)),
    ],
)
def test_G32_a_model_has_the_same_key_on_both_ends(value: Everyday) -> None:
    """Whatever a frozen model holds: zones, nan, subclasses, other records."""
    keyer, wire = Keyer("days.get", ("day",), (Everyday,)), codec(Everyday)
    here = keyer.key(keyer.normalize((value,)))
    there = keyer.key(keyer.normalize((wire.decode(wire.encode(value)),)))
    assert there in {here}


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    name: str


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    name: str


def test_a_union_of_models_comes_back_as_the_right_one() -> None:
    """Models of the same fields are told apart, with something else beside them too."""
    subject = codec(list[Cat | Dog | str | None])
    value = [Dog(name="a"), Cat(name="a"), "a", None]
    assert subject.decode(subject.encode(value)) == value


def test_validators_run_on_arrival() -> None:
    """A model's constraints hold for what came over the wire, however it travelled."""

    class Bounded(BaseModel):
        model_config = ConfigDict(extra="forbid")
        n: int = Field(gt=0)

    class Both(BaseModel):
        n: int = Field(gt=0)
        what: str | Decimal = ""

    for tp in (Bounded, Both):
        with pytest.raises(WireError, match=r"greater than 0 - at `\$\.n`"):
            codec(tp).decode(msgspec.msgpack.encode({"n": 0}))


def test_C3_a_model_that_cannot_come_back_is_refused() -> None:
    """Undeclared fields beside an ambiguous union have no wire form; the error says so."""

    class Loose(BaseModel):
        model_config = ConfigDict(extra="allow")
        what: str | Decimal

    with pytest.raises(UnsupportedType, match="extra='allow'"):
        codec(Loose)


def test_pydantic_is_imported_only_where_a_model_is_met() -> None:
    """A process without models neither loads pydantic nor pays for it."""
    program = (
        "import sys; from decimal import Decimal\n"
        "from fusionrt.values.codecs import codec; from fusionrt.values.keys import Keyer\n"
        "codec(str | Decimal).encode('a'); Keyer('m', ('a',), (str,))\n"
        "try: codec(int).decode(b'x')\n"
        "except ValueError: pass\n"
        "sys.exit('pydantic' in sys.modules)"
    )
    path = ":".join(path for path in sys.path if path)
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": path})
