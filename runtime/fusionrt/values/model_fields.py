"""The fields of pydantic's models, and what else is in types that only pydantic knows."""

from __future__ import annotations

import dataclasses
from collections import abc
from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ImportString
from pydantic.fields import FieldInfo

from ..errors import UnsupportedType
from .fields import DeclaredField, declared_fields, filled, has_filled_base
from .reading import ITEMS, record_style, shape_of
from .shapes import AnyOf, Field, Items, Model, Places, Record, Shape, Table, spell

__all__ = [
    "field_shape",
    "has_schema",
    "held_shapes",
    "is_filled_dataclass",
    "model_fields",
    "opened",
    "refuse_encoded",
]


def model_fields(cls: Any) -> Mapping[str, FieldInfo]:
    """The fields of a model or pydantic dataclass; none of any other type."""
    fields: Mapping[str, FieldInfo] = getattr(cls, "__pydantic_fields__", {})
    if not is_filled_dataclass(cls):
        return fields
    return {name: _filled(cls, name, info) for name, info in fields.items()}


def is_filled_dataclass(cls: Any) -> bool:
    """Whether it says of what one of its bases is, and pydantic does not see that."""
    return dataclasses.is_dataclass(cls) and isinstance(cls, type) and has_filled_base(cls)


def _filled(cls: Any, name: str, info: FieldInfo) -> FieldInfo:
    info = copy(info)
    info.annotation = filled(cls, name, info.annotation)
    return info


def field_shape(info: FieldInfo) -> Shape:
    """The shape of a field; one that only pydantic knows is a model of its own."""
    return _shape(info.annotation)


def _shape(tp: Any) -> Shape:
    try:
        return shape_of(tp)
    except UnsupportedType:
        return Model(tp, tp)


def has_schema(mark: Any) -> bool:
    """Whether a class, or what stands beside it in `Annotated`, tells pydantic its form."""
    return hasattr(mark, "__get_pydantic_core_schema__")


def held_shapes(tp: Any) -> Iterator[Shape]:
    """What is in a type that only pydantic knows, such as `tuple[complex, Cart]`, beside tuples and
    frozensets of it; of any other type, nothing."""
    origin = get_origin(tp)
    if _is_whole(tp):
        return
    if origin not in (Annotated, tuple, frozenset, Union, UnionType):
        yield _shape(origin)
    for each in get_args(tp)[:1] if origin is Annotated else get_args(tp):
        if _is_whole(each):
            yield _shape(each)
        else:
            yield from held_shapes(each)


def opened(tp: Any) -> Shape | None:
    """What a type that only pydantic knows is made of, such as `set[complex]`; None of a class."""
    if _is_whole(tp):
        return None
    origin, arguments = get_origin(tp), get_args(tp)
    parts = tuple(_shape(each) for each in arguments if each is not ...)
    if origin is Annotated:
        return parts[0]
    if origin in (Union, UnionType):
        return AnyOf(tp, parts)
    if origin in ITEMS:
        return Items(tp, *ITEMS[origin], parts[0])
    if isinstance(origin, type) and issubclass(origin, abc.Mapping):
        return Table(tp, parts[0], parts[-1])
    if origin.__hash__ is None:  # a deque
        return Items(tp, list, None, (origin,), parts[0])
    style = record_style(origin) if isinstance(origin, type) else None
    if style is not None:
        return Record(tp, origin, style, [_field(each) for each in declared_fields(tp, style)])
    return Places(tp, parts)


def _field(declared: DeclaredField) -> Field:
    name, wire_name, optional = declared.name, declared.wire_name, declared.optional
    return Field(name, wire_name, _shape(declared.tp), optional, declared.default)


def _is_whole(tp: Any) -> bool:
    """Whether a type is not made of others, or pydantic is told how it is."""
    origin = get_origin(tp)
    told = origin is Annotated and any(map(has_schema, tp.__metadata__))
    return told or origin is None or origin is Literal


def refuse_encoded(tp: Any, marks: Iterable[object]) -> None:
    """Refuse a type that validates an encoded form of its value: it would be decoded twice."""
    if any(hasattr(mark, "encoder") or ImportString in (mark, type(mark)) for mark in marks):
        raise UnsupportedType(
            spell(tp), "cannot travel: pydantic would decode it twice; declare bytes or str"
        )
