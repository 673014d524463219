"""Telling normal values apart where Python's equality would not (G32).

A `Teller` makes of a normalised value what names it; None stands for "the value itself", which is
right where equal values of the shape mean the same.
"""

from __future__ import annotations

import dataclasses
import operator
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import UNSET

from ..identity import IDENTITIES
from .matching import Chooser
from .scalars import PLAIN, SCALARS
from .shapes import (
    AnyOf,
    Checked,
    EnumOf,
    Field,
    Items,
    Model,
    OneOf,
    Places,
    Record,
    Recurring,
    Scalar,
    Shape,
    Text,
    literal_name,
)

__all__ = ["Teller", "teller"]

Teller = Callable[[Any], Hashable]
_S = TypeVar("_S", bound="Shape")


def teller(shape: Shape) -> Teller | None:
    """What tells the normal values of a shape apart."""
    return _Tellers().of(shape)


class _Tellers:
    def __init__(self) -> None:
        self._known: dict[Shape, Teller | None] = {}

    def of(self, shape: Shape) -> Teller | None:
        match shape:
            case OneOf(values=values):
                sly = any(isinstance(each, Enum) and _is_sly(type(each)) for each in values)
                return literal_name if sly or len(set(values)) < len(values) else None
            case AnyOf():
                return self._union(shape)
            case Text(form=form):
                return form.write
            case Items():
                tell, cls = self.of(shape.item), shape.frozen or shape.cls
                return tell and (lambda value: cls(map(tell, value)))
            case Places():
                return self._places(shape)
            case Record(cls=cls) if cls in IDENTITIES:
                return None  # ours: frozen, and equal by what travels
            case Record():
                return self._once(shape, self._record)
            case Recurring():
                return self._once(shape, lambda shape: self.of(shape.inner) or _same)
            case Model():
                return _by_content
            case Checked():
                return self.of(shape.inner)
            case EnumOf(cls=cls) if _is_sly(cls):
                return operator.attrgetter("name")
        return None

    def _union(self, shape: AnyOf) -> Teller | None:
        tellers = [self.of(member) for member in shape.members]
        families = [family for member in shape.members for family in set(_families(member))]
        if not any(tellers) and len(set(families)) == len(families):
            return None
        choose = Chooser(shape).choose
        todo = tuple(tell or _same for tell in tellers)

        def tell(value: Any) -> Hashable:
            index = choose(value)
            assert index is not None, "the value was normalised"
            return (index, todo[index](value))

        return tell

    def _places(self, shape: Places) -> Teller | None:
        tellers = [self.of(item) for item in shape.items]
        if not any(tellers):
            return None
        todo = tuple(tell or _same for tell in tellers)
        return lambda value: tuple(tell(one) for tell, one in zip(todo, value, strict=True))

    def _once(self, shape: _S, build: Callable[[_S], Teller]) -> Teller:
        known = self._known
        if shape in known:  # contains itself: look it up when it is known
            return lambda value: known[shape](value)  # type: ignore[misc]
        known[shape] = None
        found = known[shape] = build(shape)
        return found

    def _record(self, shape: Record) -> Teller:
        """By its fields: a class may compare by something else than what travels."""
        todo = tuple((field.name, self._field(field)) for field in shape.fields)

        def tell(value: Any) -> Hashable:
            return tuple(tell(getattr(value, name)) for name, tell in todo)

        return tell

    def _field(self, field: Field) -> Teller:
        tell = self.of(field.shape)
        if tell is None or not field.unset:
            return tell or _same
        return lambda value: value if value is UNSET else tell(value)


def _families(shape: Shape) -> Iterator[object]:
    """Of two values from different families, none equals the other."""
    match shape:
        case Scalar(cls=cls):
            yield _family(cls)
        case EnumOf(cls=cls):
            yield _family(cls)
        case OneOf(values=values):
            for value in values:
                yield _family(type(value))
        case Items(cls=cls, frozen=frozen):
            yield frozen or cls
        case Places():
            yield tuple
        case Record(cls=cls) | Model(cls=cls):
            yield tuple if issubclass(cls, tuple) else cls
        case Checked(inner=inner) | Recurring(found=[inner]):
            yield from _families(inner)
        case AnyOf(members=members):
            for member in members:
                yield from _families(member)


def _is_sly(cls: type) -> bool:
    """Whether members of an enum may equal others for all that Python knows."""
    homes = (next(base for base in cls.__mro__ if name in vars(base)) for name in _COMPARING)
    return any(home.__module__ not in _PLAIN_HOMES for home in homes)


_COMPARING: Final = ("__eq__", "__hash__")
_PLAIN_HOMES: Final = frozenset(("builtins", "enum", *(cls.__module__ for cls in SCALARS)))


def _family(cls: type) -> object:
    if issubclass(cls, (int, float, Decimal)):
        return int
    for base in (str, bytes, datetime, date):
        if issubclass(cls, base):
            return base
    return cls


_EXACT: Final = frozenset((str, int, bool, type(None), UUID, date))


def _by_content(value: Any) -> Hashable:
    """A pydantic model, or what one holds: its validators saw to the classes."""
    cls = type(value)
    if cls in _EXACT:
        return (cls, value)
    if isinstance(value, (tuple, list, deque)):
        return (cls, *map(_by_content, value))
    if isinstance(value, dict):
        return frozenset((_by_content(key), _by_content(item)) for key, item in value.items())
    if isinstance(value, (set, frozenset)):
        return frozenset(map(_by_content, value))
    if (fields := getattr(cls, "__pydantic_fields__", None)) is not None:
        extra = getattr(value, "__pydantic_extra__", None)
        content = (*(_by_content(getattr(value, name)) for name in fields), _by_content(extra))
        return (cls, content)
    if (names := getattr(cls, "__struct_fields__", None)) is not None:
        return (cls, *(_by_content(getattr(value, name)) for name in names))
    if dataclasses.is_dataclass(value):
        names = (field.name for field in dataclasses.fields(value))
        return (cls, *(_by_content(getattr(value, name)) for name in names))
    if (attributes := getattr(cls, "__attrs_attrs__", None)) is not None:
        return (cls, *(_by_content(getattr(value, each.name)) for each in attributes))
    if isinstance(value, Enum):
        return (cls, value.name if _is_sly(cls) else value)
    if isinstance(value, ZoneInfo):  # equals only itself
        return (ZoneInfo, value.key)
    return next(
        ((kind, _number(plain(value))) for kind, plain in PLAIN.items() if isinstance(value, kind)),
        (cls, value),
    )


def _number(value: Any) -> Hashable:
    """A plain scalar; every nan is the same."""
    is_nan = value.is_nan() if isinstance(value, Decimal) else value != value
    return "nan" if is_nan else value


def _same(value: Any) -> Any:
    return value
