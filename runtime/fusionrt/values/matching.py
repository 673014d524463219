"""Which member of a union a value belongs to."""

from __future__ import annotations

from collections.abc import (
    Callable,
    Collection,
    Container,
    Iterable,
    Iterator,
    Mapping,
    MutableSequence,
    MutableSet,
    Sequence,
    Set,
)
from enum import Enum
from typing import Any, Final

from msgspec import UNSET

from .generic_models import bare_model
from .respelled import as_declared, is_respelled
from .shapes import (
    AnyOf,
    Anything,
    Checked,
    EnumOf,
    Items,
    Model,
    OneOf,
    Places,
    Record,
    Recurring,
    Scalar,
    Shape,
    Table,
    Text,
)

__all__ = ["Chooser", "fits", "has_items", "heads"]


class Chooser:
    """Finds the member of a union for a value: by class, and by content where classes agree.

    The nearest class in the value's MRO wins, so a datetime is no date where both are declared. An
    exact fit wins over one by subclass (`[True]` under `list[bool] | list[int]`).
    """

    def __init__(self, union: AnyOf) -> None:
        self._members = union.members
        self._by_class: dict[type, list[int]] = {}
        self._fallback: int | None = None
        for index, member in enumerate(union.members):
            if isinstance(member, Anything):
                self._fallback = index
            for head in heads(member):
                for cls in dict.fromkeys((head, bare_model(head))):
                    self._by_class.setdefault(cls, []).append(index)
        self._abstract = [head for head in self._by_class if head in ABSTRACT]

    def choose(self, value: object) -> int | None:
        """The index of the member that the value belongs to, None if there is none."""
        for exact in (True, False):
            for cls in type(value).__mro__:
                for index in self._by_class.get(cls, ()):
                    if fits(self._members[index], value, exact):
                        return index
        if isinstance(value, int):
            for index in self._by_class.get(float, ()):
                if fits(self._members[index], value, False):
                    return index
        for head in self._abstract:  # a range, say, has no Sequence in its MRO
            if isinstance(value, head):
                for index in self._by_class[head]:
                    if fits(self._members[index], value, False):
                        return index
        return self._fallback


def heads(shape: Shape) -> Iterator[type]:
    """The classes that values of a shape have."""
    match shape:
        case Scalar(cls=cls) | Text(cls=cls) | EnumOf(cls=cls) | Model(cls=cls):
            yield cls
        case OneOf(values=values):
            yield from dict.fromkeys(map(type, values))
        case Items(heads=classes):
            yield from classes
        case Places():
            yield tuple
        case Table():
            yield dict
        case Record(cls=cls, style=style):
            yield dict if style == "typeddict" else cls
        case AnyOf(members=members):
            for member in members:
                yield from heads(member)
        case Checked(inner=inner) | Recurring(found=[inner]):
            yield from heads(inner)


def fits(shape: Shape, value: Any, exact: bool) -> bool:
    """Whether a value and its content have this shape; subclass instances only if not `exact`."""
    match shape:
        case Anything():
            return True
        case AnyOf(members=members):
            return any(fits(member, value, exact) for member in members)
        case Checked(inner=inner):
            return fits(inner, value, exact) and _passes(shape, value)
        case Recurring():
            # What is in it is looked at when its turn comes: else each level looks at all below.
            return _is_of(shape, value, exact)
        case OneOf(values=values):
            return any(_is_one(value, type(one), exact) and _is_same(value, one) for one in values)
        case Scalar(cls=cls):
            return _is_one(value, cls, exact)
    if not _is_of(shape, value, exact):
        return False
    match shape:
        case Items(item=item):
            # What can be read once is not looked into.
            return isinstance(value, Iterator) or all(fits(item, one, exact) for one in value)
        case Places(items=items):
            return len(value) == len(items) and all(
                fits(item, one, exact) for item, one in zip(items, value, strict=True)
            )
        case Table(key=key, value=item):
            return all(fits(key, k, exact) and fits(item, v, exact) for k, v in value.items())
        case Record():
            return _record_fits(shape, value, exact)
    return True


def _passes(shape: Checked, value: object) -> bool:
    from .checking import checker  # imports pydantic: only where a type asks for it

    try:
        checker(shape)(value)
    except ValueError:
        return False
    return True


def _is_same(value: object, one: object) -> bool:
    """Whether a value is that of a Literal; members of an enum may equal each other."""
    return value is one if isinstance(one, Enum) else value == one


ABSTRACT: Final = frozenset((Sequence, MutableSequence, Collection, Iterable, Set, MutableSet))
"""Heads of which values are instances without a word in their class."""


def has_items(value: object, heads: Container[type]) -> bool:
    """Whether a value is an instance of an abstract head, as a range is a Sequence. A text is meant
    as a whole, though to a type checker it is a Sequence of texts."""
    return not isinstance(value, (str, bytes)) and any(
        cls in heads and isinstance(value, cls) for cls in ABSTRACT
    )


def _is_of(shape: Shape, value: object, exact: bool) -> bool:
    """Whether a value, whatever its content, has one of the classes of a shape."""
    return any(
        _is_one(value, head, exact) or _is_model(value, head, exact) for head in heads(shape)
    )


def _is_model(value: object, cls: type, exact: bool) -> bool:
    """Whether a value is of this generic model of pydantic's, its arguments written otherwise."""
    bare, own = bare_model(cls), type(value)
    if bare is cls:
        return False
    if any(is_respelled(each, cls) for each in ((own,) if exact else own.__mro__)):
        return True
    if exact and own is not bare:
        return False
    try:
        as_declared(cls, value, strict=exact)
    except ValueError:
        return False
    return True


def _is_one(value: object, cls: type, exact: bool) -> bool:
    if exact:
        return type(value) is cls
    if cls in ABSTRACT:
        return has_items(value, (cls,))
    return isinstance(value, cls) or (cls is float and isinstance(value, int))


def _record_fits(record: Record, value: Any, exact: bool) -> bool:
    get: Callable[[str], Any]
    if record.style == "typeddict":
        table: Mapping[str, Any] = value
        if any(not field.optional and field.name not in table for field in record.fields):
            return False
        if not table.keys() <= {field.name for field in record.fields}:
            return False
        return all(
            fits(field.shape, table[field.name], exact)
            for field in record.fields
            if field.name in table
        )
    get = value.__getattribute__
    return all(
        fits(field.shape, get(field.name), exact) or (field.unset and get(field.name) is UNSET)
        for field in record.fields
    )
