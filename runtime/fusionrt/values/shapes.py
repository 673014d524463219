"""What a declared type is made of, once its spelling no longer matters.

`reading.shape_of` makes a shape of a type; codecs and keys are built from shapes. `Shape.tp` is the
type as it was written, without aliases, for messages and for msgspec.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Literal, Union

from .aliases import quoted_alias
from .generic_models import bare_model, model_arguments
from .texts import TextForm

__all__ = [
    "AnyOf",
    "Anything",
    "Checked",
    "EnumOf",
    "Field",
    "Items",
    "Model",
    "OneOf",
    "Places",
    "Record",
    "Recurring",
    "Scalar",
    "Shape",
    "Table",
    "Text",
    "either",
    "literal_name",
    "spell",
]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """The base of every shape. Shapes compare by identity: recursive types make them cyclic.

    secret: no text may show its values.
    """

    tp: Any
    secret: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class Scalar(Shape):
    """One of `scalars.SCALARS`."""

    cls: type


@dataclass(frozen=True, slots=True, eq=False)
class Text(Shape):
    """A value that travels as its text."""

    cls: Any
    form: TextForm


@dataclass(frozen=True, slots=True, eq=False)
class EnumOf(Shape):
    """A member of an Enum."""

    cls: Any


@dataclass(frozen=True, slots=True, eq=False)
class OneOf(Shape):
    """A Literal: one of `values`, whose types together are `inner`."""

    values: tuple[Any, ...]
    inner: Shape


@dataclass(frozen=True, slots=True, eq=False)
class AnyOf(Shape):
    """A union; no member is a union itself.

    The members stand in the order of their spelling, not of their declaration: `A | B == B | A`, so
    typing and every cache keyed by type may hand out either for the other.
    """

    members: tuple[Shape, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Items(Shape):
    """Any number of items; they arrive as a `cls`: list, tuple, set or frozenset.

    frozen: what holds them in a key; None if values of the type can change.
    heads: the classes that values have.
    """

    cls: Any
    frozen: type[tuple[Any, ...]] | type[frozenset[Any]] | None
    heads: tuple[type, ...]
    item: Shape


@dataclass(frozen=True, slots=True, eq=False)
class Places(Shape):
    """A tuple with a shape for each place."""

    items: tuple[Shape, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table(Shape):
    """A dict."""

    key: Shape
    value: Shape


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record.

    wire_name: its name on the wire. unset: it may be msgspec's UNSET, which its shape does not say.
    """

    name: str
    wire_name: str
    shape: Shape
    optional: bool
    default: Callable[[], object] | None
    unset: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Record(Shape):
    """A class with named fields; `fields` is filled after the record exists: types can recur."""

    cls: Any
    style: Literal["attrs", "dataclass", "struct", "namedtuple", "typeddict", "model"]
    fields: list[Field] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Recurring(Shape):
    """An alias that stands for something with itself in it; `found` is filled after it exists."""

    found: list[Shape] = field(default_factory=list)

    @property
    def inner(self) -> Shape:
        """What it stands for."""
        return self.found[0]


@dataclass(frozen=True, slots=True, eq=False)
class Model(Shape):
    """A class that pydantic validates."""

    cls: Any


@dataclass(frozen=True, slots=True, eq=False)
class Checked(Shape):
    """An `inner` that pydantic validates by what `Annotated` says of it."""

    inner: Shape


@dataclass(frozen=True, slots=True, eq=False)
class Anything(Shape):
    """`Any`: whatever msgpack itself tells apart."""


def either(types: Sequence[Any]) -> Any:
    """The union of some types."""
    return functools.reduce(operator.or_, types)


def literal_name(value: Any) -> tuple[type, Any]:
    """What tells a value of a Literal from others; members of an enum may equal each other."""
    return type(value), value.name if isinstance(value, Enum) else value


def spell(tp: Any, *, qualified: bool = False) -> str:
    """A type as one would write it, the same in every process; with modules if `qualified`."""
    if tp is ...:
        return "..."
    if tp is None or tp is type(None):
        return "None"
    arguments: tuple[Any, ...] | None = model_arguments(tp) or getattr(tp, "__args__", None)
    if arguments is None:
        return _name(tp, qualified)
    origin = bare_model(tp)
    if origin is tp:
        origin = getattr(tp, "__origin__", Union)
    if origin is Literal:
        return f"Literal[{', '.join(sorted(map(repr, arguments)))}]"
    parts = [spell(argument, qualified=qualified) for argument in arguments]
    if origin is Union:
        return " | ".join(sorted(parts, key=lambda part: (part == "None", part)))
    if isinstance(tp, type(Annotated[int, ""])):
        alias = quoted_alias(tp)
        return parts[0] if alias is None else f"{alias.module}." * qualified + alias.name
    return f"{_name(origin, qualified)}[{', '.join(parts) or '()'}]"


def _name(tp: Any, qualified: bool) -> str:
    name = getattr(tp, "__qualname__", None) or str(tp).removeprefix("typing.")
    return f"{tp.__module__}.{name}" if qualified else name
