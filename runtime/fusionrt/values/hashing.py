"""Whether members of sets and keys of dicts are hashable where they arrive: what is not would fail
to decode, value by value."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec

from ..errors import UnsupportedType
from .inner import inner_shapes
from .shapes import (
    AnyOf,
    Checked,
    EnumOf,
    Items,
    Model,
    Places,
    Record,
    Recurring,
    Shape,
    Table,
    spell,
)

__all__ = ["refuse_unhashable"]


def refuse_unhashable(shape: Shape) -> None:
    """Refuse a set or a dict, deep within as well, whose members or keys would not be hashable.

    Raises:
        UnsupportedType: there is one.
    """
    for each in _all(shape, set()):
        match each:
            case Items(cls=cls, item=held) if cls in (set, frozenset):
                what = "a member of a set"
            case Table(key=held):
                what = "a key of a dict"
            case _:
                continue
        problem = _unhashable(held, set())
        if problem is not None:
            raise UnsupportedType(
                spell(each.tp),
                f"cannot travel: {what} must be hashable where it arrives: {problem}",
            )


def _all(shape: Shape, seen: set[object]) -> Iterator[Shape]:
    """A shape and all that it holds, in what only pydantic knows, too."""
    for each in inner_shapes(shape, set()):
        yield each
        if isinstance(each, Model) and each.cls not in seen:
            seen.add(each.cls)
            if (whole := _whole(each)) is not None:
                yield from _all(whole, seen)


def _whole(shape: Model) -> Shape | None:
    from .model_fields import opened  # imports pydantic: only where a model is met

    return opened(shape.cls)


def _unhashable(shape: Shape, seen: set[object]) -> str | None:
    """What in a shape is not hashable, and what to declare instead; or None."""
    if shape in seen:
        return None
    seen.add(shape)
    inner: Iterable[Shape] = ()
    match shape:
        case AnyOf(members=shapes) | Places(items=shapes) | Recurring(found=shapes):
            inner = shapes
        case Checked(inner=one):
            inner = (one,)
        case Items(cls=cls, item=item) if cls in (tuple, frozenset):
            inner = (item,)
        case Items(cls=cls, heads=heads):
            is_not = "is not" if len(heads) == 1 else f"arrives as a {cls.__name__}"
            instead = "frozenset" if cls is set else "tuple"
            return f"{spell(shape.tp)} {is_not}; declare {instead}"
        case Table():
            return f"{spell(shape.tp)} is not; declare a tuple of pairs"
        case Record() | Model() | EnumOf():
            return _of_class(shape, seen)
    return next(filter(None, (_unhashable(one, seen) for one in inner)), None)


def _of_class(shape: Record | Model | EnumOf, seen: set[object]) -> str | None:
    fields: Iterable[tuple[str, Shape]] = ()
    match shape:
        case Record(fields=found):
            fields = ((field.name, field.shape) for field in found)
        case Model(cls=cls):
            if cls in seen:
                return None
            seen.add(cls)
            if (whole := _whole(shape)) is not None:
                return _unhashable(whole, seen)
            fields = _model_fields(shape)
    asked = _asked(shape.cls)
    if asked is None:
        return f"{spell(shape.tp)} is not; {_instead(shape)}"
    for name, held in fields:
        problem = _unhashable(held, seen) if name in asked else None
        if problem is not None:
            return f"the field {name} of {spell(shape.tp)}: {problem}"
    return None


def _model_fields(shape: Model) -> Iterator[tuple[str, Shape]]:
    from .model_fields import field_shape, model_fields

    return ((name, field_shape(info)) for name, info in model_fields(shape.cls).items())


def _instead(shape: Shape) -> str:
    match shape:
        case EnumOf():
            return "give it a `__hash__`"
        case Record(style="typeddict"):
            return "declare a frozen dataclass"
    return "make it frozen"


def _asked(cls: Any) -> Collection[str] | None:
    """The fields that the hash of an instance asks for theirs; None if it has no hash."""
    made: Any = cls.__hash__ if isinstance(cls, type) else object.__hash__
    if made is None:
        return None
    if made is object.__hash__ or _is_written(made):
        return ()
    if made is msgspec.Struct.__hash__ and not cls.__struct_config__.eq:
        return ()
    if made is msgspec.Struct.__hash__:
        return cls.__struct_fields__ if cls.__struct_config__.frozen else None
    if dataclasses.is_dataclass(cls):
        return _counting(dataclasses.fields(cls), "compare")
    if (attributes := getattr(cls, "__attrs_attrs__", None)) is not None:
        return _counting(attributes, "eq")
    return (*getattr(cls, "_fields", ()), *getattr(cls, "__pydantic_fields__", ()))


def _counting(fields: Iterable[Any], compared: str) -> Collection[str]:
    """Those that a generated hash asks: what is compared, unless a field says otherwise."""
    return [
        each.name
        for each in fields
        if (getattr(each, compared) if each.hash is None else each.hash)
    ]


def _is_written(made: Any) -> bool:
    """Whether a user wrote this `__hash__`: dataclasses, attrs and pydantic make one that asks the
    fields."""
    code = getattr(made, "__code__", None)
    is_made = code is None or code.co_filename.startswith("<")
    return not is_made and not made.__module__.startswith("pydantic.")
