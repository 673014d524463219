"""Normalising an argument to its declared type, before it names anything (G32).

A `Normal` takes any value that a type checker lets pass and returns the one that the wire would
bring back: `1` for a float becomes `1.0`, a member of a StrEnum for a str becomes a plain str. It
returns the very object where nothing is to do.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Set
from datetime import datetime, time
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from ..errors import UnsupportedType, WireError
from .codecs import codec
from .leaves import Mismatch, Normal, leaf
from .matching import Chooser, has_items
from .respelled import as_declared
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
    spell,
)

__all__ = ["exact_classes", "normal"]

_S = TypeVar("_S", bound="Shape")


def normal(shape: Shape) -> Normal:
    """What normalises values of a shape.

    Raises:
        UnsupportedType: values of the type can change, so they cannot name a result.
    """
    return _Normals().of(shape)


def exact_classes(shape: Shape) -> frozenset[type]:
    """The classes whose instances are normal as they are; a look at the class spares the rest."""
    match shape:
        case Scalar(cls=cls) | EnumOf(cls=cls) if cls not in (float, Decimal, datetime, time):
            return frozenset((cls,))
        case AnyOf(members=members):
            classes = [exact_classes(member) for member in members]
            if all(classes) and len(frozenset().union(*classes)) == len(classes):
                return frozenset().union(*classes)
    return frozenset()


class _Normals:
    """Builds the normaliser of one shape; remembers what may contain itself."""

    def __init__(self) -> None:
        self._known: dict[object, Normal | None] = {}

    def of(self, shape: Shape) -> Normal:
        match shape:
            case Scalar() | Text() | EnumOf() | OneOf():
                return leaf(shape)
            case AnyOf():
                return self._union(shape)
            case Items(frozen=frozen) if frozen is tuple:
                return _tuple_of(shape, self.of(shape.item))
            case Items(frozen=frozen) if frozen is frozenset:
                return _frozenset_of(shape, self.of(shape.item))
            case Places():
                return _places(shape, [self.of(item) for item in shape.items])
            case Record() if _is_frozen(shape):
                return self._once(shape, self._record)
            case Recurring():
                return self._once(shape, lambda shape: self.of(shape.inner))
            case Model(cls=cls) if not isinstance(cls, type) or cls.__hash__ is not None:
                return self._once(shape, self._model)
            case Checked():
                return _checked(shape, self.of(shape.inner))
        raise UnsupportedType(spell(shape.tp), f"cannot name a result: {_instead(shape)}")

    def _union(self, shape: AnyOf) -> Normal:
        choose = Chooser(shape).choose
        normals = [self.of(member) for member in shape.members]

        def normalize(value: Any) -> Any:
            index = choose(value)
            if index is None:
                raise Mismatch(shape, value)
            return normals[index](value)

        return normalize

    def _once(self, shape: _S, build: Callable[[_S], Normal]) -> Normal:
        known = self._known
        # The shape of a model's field is made at each look: within itself, a model has another one.
        key = shape.cls if isinstance(shape, Model) and isinstance(shape.cls, type) else shape
        if key in known:  # contains itself: look it up when it is known
            return lambda value: known[key](value)  # type: ignore[misc]
        known[key] = None
        found = known[key] = build(shape)
        return found

    def _record(self, shape: Record) -> Normal:
        return _fields(shape, [(field.name, self._field(field)) for field in shape.fields])

    def _model(self, shape: Model) -> Normal:
        from .model_fields import field_shape, held_shapes, model_fields

        for held in held_shapes(shape.cls):
            self.of(held)
        for info in model_fields(shape.cls).values():
            field = field_shape(info)
            if _is_abstract(field):  # pydantic keeps what it was given
                raise UnsupportedType(
                    spell(shape.tp),
                    f"cannot name a result: of a {spell(field.tp)} it may keep a list",
                )
            self.of(field)
        return _model(shape)

    def _field(self, field: Field) -> Normal:
        one = self.of(field.shape)
        return (lambda value: value if value is UNSET else one(value)) if field.unset else one


def _tuple_of(shape: Items, item: Normal) -> Normal:
    def normalize(value: Any) -> Any:
        if not isinstance(value, (tuple, list)) and not has_items(value, shape.heads):
            raise Mismatch(shape, value)
        made = tuple(map(item, value))
        # A set has no order, and equal ones have to name one result.
        return tuple(sorted(made, key=repr)) if isinstance(value, Set) else _kept(value, made)

    return normalize


def _places(shape: Places, items: list[Normal]) -> Normal:
    def normalize(value: Any) -> Any:
        if not isinstance(value, (tuple, list)) or len(value) != len(items):
            raise Mismatch(shape, value)
        return _kept(value, tuple(one(part) for one, part in zip(items, value, strict=True)))

    return normalize


def _frozenset_of(shape: Items, item: Normal) -> Normal:
    def normalize(value: Any) -> Any:
        if not isinstance(value, frozenset) and not has_items(value, shape.heads):
            raise Mismatch(shape, value)
        return frozenset(map(item, value))

    return normalize


def _kept(given: Any, made: tuple[Any, ...]) -> Any:
    """The tuple that was given, if it is normal already."""
    if type(given) is tuple and all(map(_is, given, made)):
        return given
    return made


def _is(left: object, right: object) -> bool:
    return left is right


def _fields(shape: Record, normals: list[tuple[str, Normal]]) -> Normal:
    cls = shape.cls

    def normalize(value: Any) -> Any:
        # An instance of a subclass would arrive as its base, under another key.
        if type(value) is not cls:
            raise Mismatch(shape, value)
        changed = {}
        for name, one in normals:
            before = getattr(value, name)
            after = one(before)
            if after is not before:
                changed[name] = after
        return _with_fields(value, shape.style, changed) if changed else value

    return normalize


def _with_fields(value: Any, style: str, changed: dict[str, Any]) -> Any:
    """A copy with other fields, without running `__init__` or `__post_init__` again."""
    if style == "namedtuple":
        return value._replace(**changed)
    made = copy.copy(value)
    setter = msgspec.structs.force_setattr if style == "struct" else object.__setattr__
    for name, item in changed.items():
        setter(made, name, item)
    return made


def _model(shape: Model) -> Normal:
    from .models import by_fields, holds_records

    by_fields(shape)  # refuses a model of which the other end would make another key
    cls = shape.cls
    if holds_records(shape):
        return _there_and_back(shape)

    def normalize(value: Any) -> Any:
        return value if type(value) is cls else _respelled(shape, value)

    return normalize


def _respelled(shape: Model, value: Any) -> Any:
    try:
        return as_declared(shape.cls, value)
    except ValueError:
        raise Mismatch(shape, value) from None


def _there_and_back(shape: Model) -> Normal:
    """By the wire itself: what a model holds may be as its maker left it, a `1` for a `1.0`."""
    there_and_back = codec(shape.tp)
    cls = shape.cls

    def normalize(value: Any) -> Any:
        if type(value) is not cls:
            value = _respelled(shape, value)
        try:
            return there_and_back.decode(there_and_back.encode(value))
        except (UnsupportedType, WireError, OverflowError) as problem:
            raise Mismatch(shape, value, str(problem)) from None

    return normalize


def _checked(shape: Checked, inner: Normal) -> Normal:
    from .checking import checker, refusal_of

    check = checker(shape)

    def normalize(value: Any) -> Any:
        normal = inner(value)
        try:
            # Once more: a validator may give what the type does not call normal.
            return inner(check(normal))
        except ValueError as problem:
            raise Mismatch(shape, value, refusal_of(problem)) from None

    return normalize


def _is_abstract(shape: Shape) -> bool:
    """Whether a value may hold items in more than one class of collection."""
    match shape:
        case Items(heads=heads, item=item):
            return len(heads) > 1 or _is_abstract(item)
        case AnyOf(members=shapes) | Places(items=shapes):
            return any(map(_is_abstract, shapes))
        case Checked(inner=inner):
            return _is_abstract(inner)
    return False


def _is_frozen(shape: Record) -> bool:
    if shape.style == "struct":
        return bool(shape.cls.__struct_config__.frozen)
    if shape.style == "attrs":
        return getattr(shape.cls.__setattr__, "__name__", "") == "_frozen_setattrs"
    return shape.style == "namedtuple" or (
        shape.style == "dataclass" and bool(shape.cls.__dataclass_params__.frozen)
    )


def _instead(shape: Shape) -> str:
    match shape:
        case Items(cls=cls):
            return f"it can change; declare {'frozenset' if cls is set else 'tuple'}[…]"
        case Record(style="typeddict"):
            return "it can change; declare a frozen dataclass"
        case Record() | Model():
            return "it can change; make the class frozen"
        case Places() | AnyOf() | Recurring():
            return "it holds something that can change"
    return "it can change; declare what it holds as a frozen dataclass or a tuple"
