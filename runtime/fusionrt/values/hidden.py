"""What of pydantic's models cannot travel: what they keep to themselves, or take unseen."""

from __future__ import annotations

from collections import Counter, OrderedDict, abc, defaultdict, deque
from collections.abc import Iterator
from enum import Enum
from fractions import Fraction
from types import UnionType
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel

from ..errors import UnsupportedType
from .fields import refuse_init_vars, refuse_undeclared
from .inner import inner_shapes
from .model_fields import has_schema, model_fields, refuse_encoded
from .reading import record_style
from .scalars import SCALARS
from .shapes import Checked, Model, Shape, spell
from .texts import text_form

__all__ = ["refuse_hidden"]

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
            if not any(map(has_schema, info.metadata)):
                _refuse_foreign(cls, name, info.annotation)
            if info.exclude:
                raise UnsupportedType(
                    spell(cls),
                    f"cannot travel: its field {name} is excluded; drop exclude=True, or "
                    "declare a model without the field",
                )


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
    own = has_schema(cls) and cls is not BaseModel
    return not (own or record_style(cls) or text_form(cls))


def _leaves(tp: Any) -> Iterator[Any]:
    """The classes that a type is made of."""
    origin, arguments = get_origin(tp), get_args(tp)
    if origin is Annotated:
        arguments = () if any(map(has_schema, tp.__metadata__)) else arguments[:1]
    elif origin is None or origin is Literal:
        yield tp if origin is None else str
        return
    elif isinstance(origin, type) and origin is not UnionType:
        yield origin
    for each in arguments:
        yield from _leaves(each)
