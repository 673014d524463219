"""What msgspec carries by itself, and brings back as it was."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, ForwardRef

import msgspec

from ..annotations import own_annotations
from .fields import has_filled_base, type_parameters
from .shapes import (
    AnyOf,
    EnumOf,
    Items,
    OneOf,
    Places,
    Record,
    Recurring,
    Scalar,
    Shape,
    Table,
)

__all__ = ["accepted", "faithful", "is_array", "is_map_key", "may_overflow"]


def accepted(tp: Any) -> bool:
    """Whether msgspec takes the type."""
    try:
        msgspec.msgpack.Decoder(tp)
    except (TypeError, NotImplementedError):  # the latter for an enum of integers beyond 64 bits
        return False
    return True


def may_overflow(shape: Shape, seen: set[Shape]) -> bool:
    """Whether a value of this shape may hold an integer beyond 64 bits."""
    if shape in seen:
        return False
    seen.add(shape)
    match shape:
        case Scalar(cls=cls):
            return cls in (int, float)  # a float may be given as an int
        case EnumOf():
            return False
        case OneOf(values=values):
            return any(type(value) is int and not _is_small(value) for value in values)
        case AnyOf(members=shapes) | Places(items=shapes) | Recurring(found=shapes):
            return any(may_overflow(inner, seen) for inner in shapes)
        case Items(item=item):
            return may_overflow(item, seen)
        case Table(key=key, value=value):
            return may_overflow(key, seen) or may_overflow(value, seen)
        case Record(fields=fields):
            return any(may_overflow(field.shape, seen) for field in fields)
    return True


def faithful(shape: Shape, seen: set[Shape]) -> bool:
    """Whether msgspec, if it accepts the type, brings every value back as it was."""
    if shape in seen:
        return True
    seen.add(shape)
    match shape:
        case Scalar():
            return True
        case EnumOf(cls=cls):
            return all(type(member.value) is str or _is_small(member.value) for member in cls)
        case OneOf(values=values):
            plain = (str, bool, type(None))
            return all(type(value) in plain or _is_small(value) for value in values)
        case AnyOf(members=shapes) | Places(items=shapes):
            return all(faithful(inner, seen) for inner in shapes)
        case Items(heads=heads, item=item):
            return Iterable not in heads and faithful(item, seen)  # msgspec takes it for anything
        case Table(key=key, value=value):
            return is_map_key(key) and faithful(key, seen) and faithful(value, seen)
        case Record(cls=cls, fields=fields, style=style):
            if any(map(_is_misread, cls.__mro__)):
                return False
            # Of a TypedDict msgspec does not see the base, nor what its type parameter means.
            if style == "typeddict" and has_filled_base(cls):
                return False
            # Of an attrs class msgspec drops what is private, and adds what a property cached.
            if style == "attrs" or (is_array(shape) and any(field.unset for field in fields)):
                return False
            return all(faithful(field.shape, seen) for field in fields)
    return False


def _is_misread(cls: type) -> bool:
    """Whether msgspec takes the annotations of this class for others: in texts it finds no type
    parameter of Python 3.12's syntax, but what the module calls so."""
    if not any(type_parameters(cls)):
        return False
    return any(isinstance(each, (str, ForwardRef)) for each in own_annotations(cls).values())


def is_array(record: Record) -> bool:
    """Whether fields travel by position."""
    config = getattr(record.cls, "__struct_config__", None)
    return record.style == "namedtuple" or bool(config and config.array_like)


_NO_MAP_KEYS: Final = frozenset((bool, type(None), bytes, datetime))
"""Scalars that JSON, or a JavaScript client, cannot take as the key of a map."""


def is_map_key(shape: Shape) -> bool:
    """Whether a dict with such keys travels as a map."""
    match shape:
        case Scalar(cls=cls):
            return cls not in _NO_MAP_KEYS
        case EnumOf():
            return faithful(shape, set())
        case OneOf(values=values):
            return {type(value) for value in values} == {str} or all(map(_is_small, values))
    return False


def _is_small(value: object) -> bool:
    """Whether msgspec takes it for one of several integers."""
    return type(value) is int and value.bit_length() <= 63
