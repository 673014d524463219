"""Codecs of pydantic models, and of a process that has none."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import PurePosixPath
from typing import Any, Literal

import msgspec
import pydantic
import pytest
from pydantic import AnyUrl, BaseModel, ConfigDict, Field, RootModel, SecretStr, computed_field

from fusionrt.errors import UnsupportedType, WireError
from fusionrt.wire.codecs import codec
from tests.wire.zoo import Careful, Model, picture


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
        "from fusionrt.wire.codecs import codec; from fusionrt.wire.keys import Keyer\n"
        "codec(str | Decimal).encode('a'); Keyer('m', ('a',), (str,))\n"
        "try: codec(int).decode(b'x')\n"
        "except ValueError: pass\n"
        "sys.exit('pydantic' in sys.modules)"
    )
    path = ":".join(path for path in sys.path if path)
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": path})
