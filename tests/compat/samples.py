"""Sample values of a declared type, and whether two versions mean the same by theirs."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import KEEP, Enum, Flag
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

import attrs

from fusionrt.values.checking import validate
from fusionrt.values.codecs import codec
from fusionrt.values.matching import Chooser
from fusionrt.values.model_fields import field_shape, model_fields
from fusionrt.values.reading import shape_of
from fusionrt.values.shapes import (
    AnyOf,
    Anything,
    EnumOf,
    Items,
    Model,
    OneOf,
    Places,
    Record,
    Scalar,
    Shape,
    Table,
)

__all__ = ["agree", "argument_samples", "samples"]

_ABSENT = object()
MOST = 24
"""Samples of one type: each alternative of each part is among them, not each combination."""
_DEEP = 3

_SCALARS: Mapping[type, tuple[object, ...]] = {
    bool: (True, False),
    int: (1, 0, -7, 2, 3, 4, 1 << 40),
    float: (1.5, 2.0, -0.25),
    str: ("a", "", "1", "abc", "abcd"),
    bytes: (b"x", b""),
    Decimal: (Decimal("1.50"), Decimal(2)),
    date: (date(2024, 2, 29), date(1, 1, 1)),
    datetime: (datetime(2024, 2, 29, 1, 2, 3), datetime(2024, 2, 29, tzinfo=UTC)),
    time: (time(1, 2, 3), time()),
    timedelta: (timedelta(seconds=1.5), timedelta(days=-1)),
    UUID: (UUID(int=1), UUID(int=2)),
    type(None): (None,),
}


def samples(tp: Any) -> list[Any]:
    """Values of a declared type that come back to their own version as they were."""
    shape, own = shape_of(tp), codec(tp)
    return [value for value in _samples(shape, 0) if _returns(own, shape, value)]


def argument_samples(types: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Argument lists: every sample of every parameter is in one of them at least."""
    columns = [samples(tp) for tp in types]
    return _zipped(columns)


def _zipped(columns: list[list[Any]]) -> list[tuple[Any, ...]]:
    if not all(columns):
        return []
    count = max(map(len, columns), default=1)
    return [
        # Not the same for neighbours: if they change places, it shows.
        tuple(column[(index + place) % len(column)] for place, column in enumerate(columns))
        for index in range(count)
    ]


def _returns(own: Any, shape: Shape, value: Any) -> bool:
    try:
        return agree(shape, value, shape, own.decode(own.encode(value)))
    except (TypeError, ValueError, OverflowError):
        return False


def _samples(shape: Shape, depth: int) -> list[Any]:
    return list(itertools.islice(_all(shape, depth), MOST))


def _all(shape: Shape, depth: int) -> Iterator[Any]:
    match shape:
        case Scalar(cls=cls):
            yield from _SCALARS[cls]
        case EnumOf(cls=cls):
            yield from cls
            if issubclass(cls, Flag):
                yield reduce(or_, cls)
                yield from (cls(1 << 40),) if cls._boundary_ is KEEP else ()
        case OneOf(values=values):
            yield from values
        case AnyOf(members=members):
            # `None` first, for it ends the recursion.
            none_first = sorted(members, key=lambda member: member.tp is not None)
            columns = [_samples(member, depth) for member in none_first]
            yield from _taking_turns(columns if depth < _DEEP else columns[:1])
        case Items(cls=cls, item=item):
            inner = _samples(item, depth + 1) if depth < _DEEP else []
            yield cls(inner[:1])
            yield cls()
            yield cls([*inner[:3], *inner[:1]])
            yield from (cls([one]) for one in inner[1:])
        case Places(items=items):
            yield from _zipped([_samples(item, depth + 1) for item in items])
        case Table(key=key, value=value):
            keys, entries = _samples(key, depth + 1), _samples(value, depth + 1)
            yield dict(zip(keys[:1], entries[:1], strict=False))
            yield {}
            yield from ({keys[0]: each} for each in entries[1:])
            yield from ({each: entries[0]} for each in keys[1:])
        case Record() | Model():
            yield from _records(shape, depth)
        case Anything():
            yield from ("a", 1, None, {"a": [1.5]})


def _taking_turns(columns: list[list[Any]]) -> Iterator[Any]:
    for row in itertools.zip_longest(*columns, fillvalue=_ABSENT):
        yield from (value for value in row if value is not _ABSENT)


def _records(shape: Record | Model, depth: int) -> Iterator[Any]:
    """One whose fields have their first samples; for each field and each other sample, one that
    differs in it; for each field that may be left out, one without it."""
    fields = _fields(shape)
    columns = {each.name: _samples(each.shape, depth + 1) for each in fields}
    if not all(columns.values()):
        return
    build = _builder(shape)
    first = next((row for row in _rows(columns) if _built(build, row)), None)
    if first is None:
        return
    yield build(first)
    for field in fields:
        if field.optional:
            yield build({name: value for name, value in first.items() if name != field.name})
    for row in itertools.zip_longest(*columns.values(), fillvalue=_ABSENT):
        for name, value in zip(columns, row, strict=True):
            if value is not _ABSENT and value is not first[name]:
                yield from _built(build, {**first, name: value})


def _rows(columns: Mapping[str, list[Any]]) -> Iterator[Mapping[str, Any]]:
    for index in range(MOST):
        yield {
            name: values[(index + place) % len(values)]
            for place, (name, values) in enumerate(columns.items())
        }


def _built(build: Callable[[Mapping[str, Any]], Any], fields: Mapping[str, Any]) -> list[Any]:
    """The record; none if a validator refuses it."""
    try:
        return [build(fields)]
    except (TypeError, ValueError):
        return []


def _builder(shape: Record | Model) -> Callable[[Mapping[str, Any]], Any]:
    if isinstance(shape, Model) or shape.style == "model":
        return lambda fields: validate(shape.cls, fields)
    if shape.style == "typeddict":
        return dict
    if shape.style == "attrs":
        names = {each.name: each.alias for each in attrs.fields(shape.cls)}
        return lambda fields: shape.cls(**{names[name]: value for name, value in fields.items()})
    return lambda fields: shape.cls(**fields)


@dataclass(frozen=True, slots=True)
class _Field:
    """names: what it is called, and what it is called on the wire."""

    name: str
    names: frozenset[str]
    shape: Shape
    optional: bool


def _fields(shape: Record | Model) -> list[_Field]:
    if isinstance(shape, Model):
        return [
            _Field(
                name,
                frozenset((name, info.serialization_alias or name)),
                field_shape(info),
                not info.is_required(),
            )
            for name, info in model_fields(shape.cls).items()
        ]
    config = getattr(shape.cls, "__struct_config__", None)
    array = shape.style == "namedtuple" or bool(config and config.array_like)
    return [
        _Field(
            each.name,
            frozenset((each.name, f"[{index}]" if array else each.wire_name)),
            each.shape,
            each.optional,
        )
        for index, each in enumerate(shape.fields)
    ]


def agree(shape: Shape, value: Any, other_shape: Shape, other: Any) -> bool:
    """Whether a value of one version and a value of another one say the same.

    What only one version knows does not count: an optional field more is no disagreement.
    """
    match shape, other_shape:
        case AnyOf(), _:
            return agree(_member(shape, value), value, other_shape, other)
        case _, AnyOf():
            return agree(shape, value, _member(other_shape, other), other)
        case ((Record() | Model()), (Record() | Model())):
            return _agreeing_records(shape, value, other_shape, other)
        case (EnumOf(), OneOf()) | (OneOf(), (EnumOf() | OneOf())):
            one, two = (each.value if isinstance(each, Enum) else each for each in (value, other))
            return type(one) is type(two) and bool(one == two)
        case EnumOf(), EnumOf():
            named = type(other).__members__.get(value.name)
            return bool(other is named if named is not None else value.value == other.value)
        case ((Items() | Places()), (Items() | Places())):
            return _agreeing_items(shape, value, other_shape, other)
        case Table(), Table():
            one, two = (Places(dict, (each.key, each.value)) for each in (shape, other_shape))
            return len(value) == len(other) and all(
                any(agree(one, item, two, match) for match in other.items())
                for item in value.items()
            )
    return type(value) is type(other) and bool(value == other)


def _member(union: AnyOf, value: Any) -> Shape:
    index = Chooser(union).choose(value)
    assert index is not None
    return union.members[index]


def _agreeing_items(
    shape: Items | Places, value: Any, other_shape: Items | Places, other: Any
) -> bool:
    if len(value) != len(other):
        return False
    shapes = [
        each.items if isinstance(each, Places) else (each.item,) * len(value)
        for each in (shape, other_shape)
    ]
    if isinstance(value, set | frozenset) or isinstance(other, set | frozenset):
        return all(any(agree(shapes[0][0], a, shapes[1][0], b) for b in other) for a in value)
    return all(agree(one, a, two, b) for one, two, a, b in zip(*shapes, value, other, strict=True))


def _agreeing_records(
    shape: Record | Model, value: Any, other_shape: Record | Model, other: Any
) -> bool:
    others = _fields(other_shape)
    for field in _fields(shape):
        for match in others:
            if field.names & match.names:
                one, two = _get(value, field.name), _get(other, match.name)
                if one is _ABSENT:
                    continue  # the reader fills in its default
                if two is _ABSENT or not agree(field.shape, one, match.shape, two):
                    return False
    return True


def _get(value: Any, name: str) -> Any:
    return value.get(name, _ABSENT) if isinstance(value, dict) else getattr(value, name, _ABSENT)
