"""Values that pydantic checks: its models, and what `Annotated` says of a type.

Imports pydantic, so it is imported only where such a type is met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ConfigDict, PydanticUserError, SkipValidation, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUndefinedAnnotation

from ..errors import UnsupportedType
from .fields import has_filled_base
from .inner import inner_shapes
from .model_fields import refuse_encoded
from .reading import record_style, shape_of
from .shapes import Checked, Record, Shape, either, spell

__all__ = ["adapter", "checker", "refusal_of", "spell_refusal", "validate"]

_READ_ANEW = ("namedtuple", "typeddict")
"""Sorts of records that pydantic reads; of others it takes instances as they are."""


def adapter(tp: Any) -> TypeAdapter[Any]:
    """What pydantic makes of a type.

    Raises:
        UnsupportedType: it does not know a type in it.
    """
    try:
        return _cached(tp)
    except PydanticSchemaGenerationError as problem:
        raise _unknown(tp) from problem


def validate(cls: Any, fields: Mapping[str, Any]) -> Any:
    """A model from its fields, by name; its validators run."""
    if getattr(cls, "__pydantic_root_model__", False):
        return adapter(cls).validate_python(fields["root"])
    return adapter(cls).validate_python(dict(fields), by_name=True, by_alias=False)


@lru_cache(maxsize=4096)
def checker(shape: Checked) -> Callable[[Any], Any]:
    """What validates a value by what `Annotated` says; a ValidationError if it is refused.

    Raises:
        UnsupportedType: pydantic does not know the type.
    """
    marks = getattr(shape.tp, "__metadata__", ())
    refuse_encoded(shape.tp, marks)
    tp = _believing(shape.tp)
    try:
        return _made(tp, None).validate_python
    except PydanticSchemaGenerationError:  # a class that only we carry: its instances will do
        return _made(tp, ConfigDict(arbitrary_types_allowed=True)).validate_python


def _believing(tp: Any) -> Any:
    """The type with records taken as they are in which pydantic would take a type parameter of a
    base for one of the class: they are read before they are checked."""
    origin, given = get_origin(tp), get_args(tp)
    if origin is Annotated:
        return Annotated[_believing(given[0]), *tp.__metadata__]
    if _is_read_anew(origin or tp) and _holds_filled(shape_of(tp)):
        return Annotated[tp, SkipValidation]
    if origin in (None, Literal):
        return tp
    inner = tuple(map(_believing, given))
    if inner == given:
        return tp
    return either(inner) if origin in (Union, UnionType) else origin[inner]


def _is_read_anew(cls: Any) -> bool:
    return isinstance(cls, type) and record_style(cls) in _READ_ANEW


def _holds_filled(shape: Shape) -> bool:
    return any(
        isinstance(each, Record) and each.style in _READ_ANEW and has_filled_base(each.cls)
        for each in inner_shapes(shape, set())
    )


def refusal_of(problem: ValueError) -> str:
    """What a validator found wrong."""
    return spell_refusal(problem) if isinstance(problem, ValidationError) else str(problem)


def spell_refusal(problem: ValidationError) -> str:
    """What pydantic found wrong, without the value."""
    found = problem.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(
        f"{error['msg']} - at `{'.'.join(map(str, ('$', *error['loc'])))}`" for error in found
    )


@lru_cache(maxsize=4096)
def _cached(tp: Any) -> TypeAdapter[Any]:
    return _made(tp, None)


def _made(tp: Any, config: ConfigDict | None) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(tp, config=config)
    except PydanticSchemaGenerationError:
        raise
    except (PydanticUserError, PydanticUndefinedAnnotation) as problem:
        raise _unknown(tp) from problem


def _unknown(tp: Any) -> UnsupportedType:
    return UnsupportedType(
        spell(tp), "cannot travel: pydantic has no schema for it; declare a type that it has"
    )
