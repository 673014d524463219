"""Normalising what has no parts: scalars, texts, members of enums, values of a Literal (G32)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from zoneinfo import ZoneInfo

from .scalars import PLAIN, plain_datetime, plain_time
from .shapes import EnumOf, OneOf, Scalar, Shape, Text, literal_name, spell

__all__ = ["Mismatch", "Normal", "leaf"]

Normal = Callable[[Any], Any]

_NAN: Final = float("nan")
_DECIMAL_NAN: Final = Decimal("NaN")


class Mismatch(Exception):
    """Raised within this package when a value is not of the declared type; never leaves `Keyer`."""

    def __init__(self, shape: Shape, value: object, problem: str = "") -> None:
        self.without_value = f"expected {spell(shape.tp)}, got {type(value).__qualname__}"
        """The problem, in words that say nothing of the value."""
        super().__init__(problem or self.without_value)


def leaf(shape: Scalar | Text | EnumOf | OneOf) -> Normal:
    """What normalises values of a shape without parts."""
    match shape:
        case Scalar():
            return _scalar(shape)
        case Text():
            return _text(shape)
        case EnumOf():
            return _enum(shape)
        case OneOf():
            return _literal(shape)


def _scalar(shape: Scalar) -> Normal:
    cls = shape.cls
    if cls is float:
        return _float(shape)
    if cls is Decimal:
        return _decimal(shape)
    if cls is datetime:
        return _datetime(shape)
    if cls is time:
        return _time(shape)
    plain = PLAIN.get(cls)

    def normalize(value: Any) -> Any:
        if type(value) is cls:
            return value
        # A datetime is a date to a type checker, but to cut it off would hide a mistake.
        if plain is None or not isinstance(value, cls) or isinstance(value, datetime):
            raise Mismatch(shape, value)
        return plain(value)

    return normalize


def _float(shape: Shape) -> Normal:
    def normalize(value: Any) -> Any:
        if type(value) is not float:
            if not isinstance(value, (float, int)):
                raise Mismatch(shape, value)
            try:
                value = float(value)
            except OverflowError:
                raise Mismatch(shape, value) from None
        return value if value == value else _NAN

    return normalize


def _decimal(shape: Shape) -> Normal:
    def normalize(value: Any) -> Any:
        if not isinstance(value, Decimal):
            raise Mismatch(shape, value)
        if value.is_nan():
            return _DECIMAL_NAN
        return value if type(value) is Decimal else Decimal(value)

    return normalize


def _datetime(shape: Shape) -> Normal:
    def normalize(value: Any) -> Any:
        plain = type(value) is datetime and not value.fold
        if plain and (value.tzinfo is None or value.tzinfo is UTC):
            return value
        if not isinstance(value, datetime):
            raise Mismatch(shape, value)
        try:
            return plain_datetime(value)
        except OverflowError:
            raise Mismatch(shape, value) from None

    return normalize


def _time(shape: Shape) -> Normal:
    def normalize(value: Any) -> Any:
        if type(value) is time and value.tzinfo is None and not value.fold:
            return value
        if not isinstance(value, time):
            raise Mismatch(shape, value)
        return plain_time(value)

    return normalize


def _text(shape: Text) -> Normal:
    cls, (made, write, read) = shape.cls, shape.form

    def normalize(value: Any) -> Any:
        if type(value) is made and made is not ZoneInfo:  # one may have no name
            return value
        if not isinstance(value, cls):
            raise Mismatch(shape, value)
        try:
            return read(write(value))
        except (ValueError, LookupError) as problem:
            raise Mismatch(shape, value, str(problem)) from None

    return normalize


def _enum(shape: EnumOf) -> Normal:
    cls = shape.cls

    def normalize(value: Any) -> Any:
        if type(value) is cls:
            return value
        try:
            return cls(value)
        except (ValueError, TypeError):
            raise Mismatch(shape, value) from None

    return normalize


def _literal(shape: OneOf) -> Normal:
    members = {literal_name(value) for value in shape.values if isinstance(value, Enum)}
    allowed = {literal_name(value): value for value in shape.values if not isinstance(value, Enum)}

    def normalize(value: Any) -> Any:
        if isinstance(value, Enum) and literal_name(value) in members:
            return value
        for cls in type(value).__mro__:
            try:
                if (cls, value) in allowed:
                    return allowed[cls, value]
            except TypeError:
                break
        raise Mismatch(shape, value)

    return normalize
