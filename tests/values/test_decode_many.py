"""Many values of a type, which came each by itself, are decoded together (D29)."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

import pydantic
import pytest

from fusionrt import WireError
from fusionrt.values.codecs import codec


@dataclass
class Point:
    """A dataclass."""

    x: int
    y: tuple[str, ...] = ()


class Model(pydantic.BaseModel):
    """A model with a rule."""

    size: Annotated[int, pydantic.Field(gt=0)]


VALUES: list[tuple[Any, list[Any]]] = [
    (int, [0, -1, 2**63, 2**100, -(2**80)]),
    (bytes, [b"", b"x" * 1000]),
    (str | None, [None, "", "text"]),
    (None, [None, None]),
    (float, [1.0, float("inf")]),
    (str | Decimal, ["1", Decimal(1)]),
    (Point, [Point(1), Point(2, ("a", "b"))]),
    (list[int], [[], [1], [1, 2]]),
    (dict[str, Any], [{}, {"a": [1]}]),
    (Model, [Model(size=1), Model(size=2)]),
    (Model | None, [None, Model(size=1)]),
    (uuid.UUID, [uuid.UUID(int=0), uuid.UUID(int=7)]),
    (datetime.date | datetime.datetime, [datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1)]),
    (Literal["a", 1], ["a", 1]),
]


@pytest.mark.parametrize(("tp", "values"), VALUES, ids=[str(tp) for tp, _ in VALUES])
@pytest.mark.parametrize("times", [1, 10])
def test_D29_a_run_is_decoded_like_each_of_its_values(
    tp: Any, values: list[Any], times: int
) -> None:
    """Whatever their type."""
    one = codec(tp)
    payloads = [one.encode(value) for value in values] * times
    decoded, problem = codec(tp).decode_until(payloads)
    assert problem is None
    assert decoded == [one.decode(payload) for payload in payloads] == values * times


BAD: list[tuple[Any, bytes, bytes]] = [
    (int, b"\x01", codec(str).encode("no number")),
    (int, codec(int).encode(2**70), b""),
    (str, codec(str).encode("a"), b"\xa5a"),
    (Point, codec(Point).encode(Point(1)), b"\xc0"),
    (Model, codec(Model).encode(Model(size=1)), b"\x81\xa4size\x00"),
]


@pytest.mark.parametrize(("tp", "good", "bad"), BAD)
@pytest.mark.parametrize("at", [0, 1, 50, 99])
def test_D29_the_values_before_a_bad_one_are_decoded(
    tp: Any, good: bytes, bad: bytes, at: int
) -> None:
    """And it is said what is wrong with that one, as if it had come alone."""
    payloads = [good] * at + [bad] + [good] * (99 - at)
    decoded, problem = codec(tp).decode_until(payloads)
    assert decoded == [codec(tp).decode(good)] * at
    with pytest.raises(WireError) as alone:
        codec(tp).decode(bad)
    assert str(problem) == str(alone.value)


def test_D29_bytes_of_one_value_never_become_another() -> None:
    """Two values in one place and none in the next are wrong in both."""
    decoded, problem = codec(int).decode_until([b"\x01", b"\x02\x03", b"", b"\x04"])
    assert decoded == [1]
    assert problem is not None
