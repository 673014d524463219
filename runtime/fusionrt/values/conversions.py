"""Plans, and the conversions that they are made of. None stands for "nothing to do"."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from ..errors import UnsupportedType
from .matching import Chooser
from .shapes import AnyOf, Shape, Text, literal_name, spell

__all__ = [
    "Convert",
    "Plan",
    "Planner",
    "box",
    "boxer",
    "by_class",
    "chosen",
    "each",
    "each_place",
    "each_value",
    "enum_member",
    "enum_name",
    "enum_value",
    "one_of",
    "only_plain",
    "pair",
    "pairs",
    "table",
    "text",
    "unboxer",
    "unless_none",
]

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """wire: the type on the wire. to_wire, from_wire: the conversions, None where nothing is to do.

    maybe_null: a value may travel as null, so null cannot stand for an absent value.
    """

    wire: Any
    to_wire: Convert | None = None
    from_wire: Convert | None = None
    maybe_null: bool = False

    @property
    def direct(self) -> bool:
        """Whether msgspec handles the wire type without any conversion."""
        return self.to_wire is None and self.from_wire is None


Planner = Callable[[Shape], Plan]


def pair(first: Any, second: Any) -> Any:
    """The type of a tuple of two."""
    types: Any = tuple
    return types[first, second]


def unless_none(convert: Convert | None) -> Convert | None:
    if convert is None:
        return None
    return lambda value: None if value is None else convert(value)


def each(convert: Convert | None, cls: Callable[[Any], Any]) -> Convert:
    """Every item of a collection, gathered in a `cls`."""
    if convert is None:
        return cls
    return lambda items: cls(map(convert, items))


def each_place(converts: Sequence[Convert | None]) -> Convert | None:
    """Each item of a tuple by the conversion of its place."""
    if not any(converts):
        return None
    todo = tuple(convert or _same for convert in converts)

    def convert(items: Any) -> tuple[Any, ...]:
        return tuple(one(item) for one, item in zip(todo, items, strict=True))

    return convert


def each_value(convert: Convert | None) -> Convert | None:
    """Every value of a dict."""
    if convert is None:
        return None
    return lambda table: {key: convert(value) for key, value in table.items()}


def pairs(convert: Convert | None) -> Convert:
    """A dict as its items."""
    return lambda table: list(map(convert or _same, table.items()))


def table(convert: Convert | None) -> Convert:
    """A dict from its items."""
    return lambda items: dict(map(convert or _same, items))


def enum_value(member: Any) -> Any:
    """The value of a member; an AttributeError for what is none."""
    return member.value


def enum_name(member: Any) -> Any:
    """The name of a member; an AttributeError for what is none."""
    return member.name


def enum_member(cls: Any) -> Convert:
    """The member of an enum by its name; a ValueError for an unknown one."""

    def convert(name: str) -> Any:
        try:
            return cls[name]
        except KeyError:
            raise ValueError(f"no member of {cls.__name__} has this name") from None

    return convert


def text(shape: Text) -> Convert:
    """The text of a value.

    Raises an AttributeError for what is none.
    """
    cls, write = shape.cls, shape.form.write

    def convert(value: Any) -> str:
        if not isinstance(value, cls):
            raise AttributeError
        return write(value)

    return convert


def one_of(values: tuple[Any, ...], convert: Convert | None) -> Convert:
    """Refuse, with a ValueError, what is not one of the values of a Literal."""
    allowed = set(map(literal_name, values))

    def checked(wire: Any) -> Any:
        value = convert(wire) if convert else wire
        if literal_name(value) not in allowed:
            raise ValueError("not one of the values that are declared")
        return value

    return checked


def chosen(union: AnyOf, converts: Sequence[Convert | None]) -> Convert:
    """A value by the conversion of the union's member that it belongs to."""
    choose, todo = Chooser(union).choose, tuple(convert or _same for convert in converts)

    def convert(value: Any) -> Any:
        index = choose(value)
        if index is None:
            raise _stranger(union, value)
        return todo[index](value)

    return convert


def by_class(converts: Mapping[Any, Convert]) -> Convert:
    """A value by the conversion for its class; one of another class stays as it is."""
    return lambda value: converts.get(type(value), _same)(value)


def box(index: int, wire: Any) -> Any:
    """The wire type `[index, value]`."""
    return msgspec.defstruct(
        f"Member{index}",
        [("value", wire)],
        array_like=True,
        tag=index,
        forbid_unknown_fields=True,
        frozen=True,
    )


def boxer(union: AnyOf, boxes: Sequence[Any], converts: Sequence[Convert | None]) -> Convert:
    """Put a value into the box of the union's member that it belongs to."""
    choose, todo = Chooser(union).choose, tuple(convert or _same for convert in converts)

    def convert(value: Any) -> Any:
        index = choose(value)
        if index is None:
            raise _stranger(union, value)
        return boxes[index](todo[index](value))

    return convert


def _stranger(union: AnyOf, value: object) -> UnsupportedType:
    return UnsupportedType(
        type(value).__qualname__, f"cannot travel where {spell(union.tp)} is declared"
    )


def unboxer(boxes: Sequence[Any], converts: Sequence[Convert | None]) -> Convert:
    """Take a value out of its box."""
    todo = dict(zip(boxes, (convert or _same for convert in converts), strict=True))
    return lambda boxed: todo[type(boxed)](boxed.value)


_PLAIN: Final = frozenset((type(None), bool, int, float, str, bytes))


def only_plain(value: Any) -> Any:
    """A value declared as Any, if msgpack itself brings it back as it was.

    Raises:
        UnsupportedType: it would come back as something else.
    """
    cls = type(value)
    if cls in _PLAIN or (cls is datetime and value.tzinfo is not None):
        return value
    if cls is list:
        return list(map(only_plain, value))
    if cls is dict and all(type(key) is str for key in value):
        return {key: only_plain(item) for key, item in value.items()}
    raise UnsupportedType(
        cls.__qualname__,
        "cannot travel where Any is declared, for it would come back as something else: "
        "declare its type",
    )


def _same(value: Any) -> Any:
    return value
