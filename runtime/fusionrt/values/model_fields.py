"""What of pydantic's models cannot travel, and what their fields are."""

from __future__ import annotations

from collections import Counter, OrderedDict, abc, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from fractions import Fraction
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ImportString
from pydantic.fields import FieldInfo

from ..errors import UnsupportedType
from .fields import refuse_init_vars, refuse_undeclared
from .reading import record_style, shape_of
from .scalars import SCALARS
from .shapes import AnyOf, Checked, Items, Model, Places, Record, Recurring, Shape, Table, spell
from .texts import text_form

__all__ = [
    "field_shape",
    "held_shapes",
    "inner_shapes",
    "model_fields",
    "refuse_encoded",
    "refuse_hidden",
]

_KEPT: Final = frozenset(
    (
        *SCALARS,
        *(Any, object, complex, Fraction, tuple, list, dict, set, frozenset),
        *(deque, Counter, OrderedDict, defaultdict),
        *(abc.Collection, abc.Sequence, abc.Set, abc.Mapping),
        *(abc.MutableSequence, abc.MutableSet, abc.MutableMapping),
    )
)
"""Classes that pydantic's dump and validation bring back as they were."""


def model_fields(cls: Any) -> Mapping[str, FieldInfo]:
    """The fields of a model or pydantic dataclass; none of any other type."""
    fields: Mapping[str, FieldInfo] = getattr(cls, "__pydantic_fields__", {})
    return fields


def field_shape(info: FieldInfo) -> Shape:
    """The shape of a field; one that only pydantic knows is a model of its own."""
    return _shape(info.annotation)


def _shape(tp: Any) -> Shape:
    try:
        return shape_of(tp)
    except UnsupportedType:
        return Model(tp, tp)


def refuse_hidden(shape: Shape) -> None:
    """Refuse a model that keeps a field to itself, deep within as well."""
    for inner in inner_shapes(shape, set()):
        if isinstance(inner, Checked):
            refuse_encoded(inner.tp, getattr(inner.tp, "__metadata__", ()))
        if not isinstance(inner, Model):
            continue
        cls = inner.cls
        refuse_encoded(cls, (cls,))
        refuse_init_vars(cls)
        if isinstance(cls, type) and (style := record_style(cls)):
            refuse_undeclared(cls, style)
        for name, info in model_fields(cls).items():
            refuse_encoded(cls, info.metadata)
            if not any(map(_has_schema, info.metadata)):
                _refuse_foreign(cls, name, info.annotation)
            if info.exclude:
                raise UnsupportedType(
                    spell(cls),
                    f"cannot travel: its field {name} is excluded; drop exclude=True, or "
                    "declare a model without the field",
                )


def inner_shapes(shape: Shape, seen: set[object]) -> Iterator[Shape]:
    """A shape and all that it holds, in models, too; each class once."""
    inner: Iterable[Shape] = ()
    match shape:
        case AnyOf(members=shapes) | Places(items=shapes):
            inner = shapes
        case Recurring(found=found):
            inner = found if shape not in seen else ()
            seen.add(shape)
        case Items(item=item) | Checked(inner=item):
            inner = (item,)
        case Table(key=key, value=value):
            inner = (key, value)
        case Record(tp=tp, fields=fields):
            inner = (field.shape for field in fields) if tp not in seen else ()
            seen.add(tp)
        case Model(cls=cls):
            infos = () if cls in seen else model_fields(cls).values()
            inner = (*map(field_shape, infos), *held_shapes(cls))
            seen.add(cls)
    yield shape
    for one in inner:
        yield from inner_shapes(one, seen)


def _refuse_foreign(cls: Any, name: str, tp: Any) -> None:
    """Refuse a field of which pydantic takes any instance: it would not come back as it was."""
    for leaf in filter(_is_foreign, _leaves(tp)):
        raise UnsupportedType(
            spell(cls), f"cannot travel: of its field {name}, {spell(leaf)} has no wire form"
        )


def _is_foreign(cls: Any) -> bool:
    if not isinstance(cls, type) or cls in _KEPT:
        return False
    if issubclass(cls, (Enum, BaseException)):
        return not getattr(cls, "__members__", ())
    own = _has_schema(cls) and cls is not BaseModel
    return not (own or record_style(cls) or text_form(cls))


def _has_schema(mark: Any) -> bool:
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


def _is_whole(tp: Any) -> bool:
    """Whether a type is not made of others, or pydantic is told how it is."""
    origin = get_origin(tp)
    told = origin is Annotated and any(map(_has_schema, tp.__metadata__))
    return told or origin is None or origin is Literal


def _leaves(tp: Any) -> Iterator[Any]:
    """The classes that a type is made of."""
    origin, arguments = get_origin(tp), get_args(tp)
    if origin is Annotated:
        arguments = () if any(map(_has_schema, tp.__metadata__)) else arguments[:1]
    elif origin is None or origin is Literal:
        yield tp if origin is None else str
        return
    elif isinstance(origin, type) and origin is not UnionType:
        yield origin
    for each in arguments:
        yield from _leaves(each)


def refuse_encoded(tp: Any, marks: Iterable[object]) -> None:
    """Refuse a type that validates an encoded form of its value: it would be decoded twice."""
    if any(hasattr(mark, "encoder") or ImportString in (mark, type(mark)) for mark in marks):
        raise UnsupportedType(
            spell(tp), "cannot travel: pydantic would decode it twice; declare bytes or str"
        )
